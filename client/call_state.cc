#include "client/call_state.h"

#include <algorithm>
#include <utility>

namespace muster {
namespace {

// Above this the runner stops reading; it goes on when half of it has been read.
constexpr std::size_t kMaxOutputBytes = 1u << 20;

// With what a waiting event takes beside its data: a program may write a byte at a time.
std::size_t SizeOf(const Event& event) { return event.data.size() + sizeof(Event); }

}  // namespace

std::chrono::steady_clock::time_point Call::State::After(std::chrono::milliseconds time) {
  constexpr std::chrono::hours kForever(24 * 365 * 100);
  return std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(time, kForever);
}

bool Call::State::Take(std::optional<Event>* event, std::shared_ptr<CallControl>* read_on) {
  reader_ = std::this_thread::get_id();
  if (!output_.empty()) {
    *event = std::move(output_.front());
    output_.pop_front();
    output_bytes_ -= SizeOf(**event);
    if (is_paused_ && output_bytes_ <= kMaxOutputBytes / 2) {
      is_paused_ = false;
      *read_on = control_;
    }
    return true;
  }
  if (!outcome_ && !discards_) return false;
  event->reset();
  reader_ = {};
  return true;
}

void Call::State::SendNow() {
  std::shared_ptr<CallControl> control;
  {
    const MutexLock lock(mutex_);
    if (!output_.empty()) return;
    control = control_;
  }
  if (control) control->SendNow();
}

std::optional<Event> Call::State::Next() {
  SendNow();
  std::optional<Event> event;
  std::shared_ptr<CallControl> read_on;
  {
    const MutexLock lock(mutex_);
    while (!Take(&event, &read_on)) changed_.Wait(mutex_);
  }
  if (read_on) read_on->ReadOn();
  return event;
}

bool Call::State::NextFor(std::chrono::milliseconds time, std::optional<Event>* event) {
  const auto deadline = After(time);
  if (time.count() > 0) SendNow();
  std::shared_ptr<CallControl> read_on;
  bool taken = false;
  {
    const MutexLock lock(mutex_);
    taken = Take(event, &read_on);
    while (!taken && changed_.WaitUntil(mutex_, deadline)) taken = Take(event, &read_on);
    if (!taken) taken = Take(event, &read_on);
  }
  if (read_on) read_on->ReadOn();
  return taken;
}

std::shared_ptr<CallControl> Call::State::Discard() {
  discards_ = true;
  output_.clear();
  output_bytes_ = 0;
  changed_.NotifyAll();
  if (!is_paused_) return nullptr;
  is_paused_ = false;
  return control_;
}

const Outcome& Call::State::Wait() {
  std::shared_ptr<CallControl> read_on;
  std::shared_ptr<CallControl> control;
  {
    const MutexLock lock(mutex_);
    control = control_;  // none when it has ended
    if (reader_ == std::thread::id() || reader_ == std::this_thread::get_id()) read_on = Discard();
  }
  if (read_on) read_on->ReadOn();
  if (control) control->SendNow();
  const MutexLock lock(mutex_);
  while (!outcome_) changed_.Wait(mutex_);
  return *outcome_;
}

Outcome Call::State::TakeOutcome() {
  Wait();
  const MutexLock lock(mutex_);
  return std::move(*outcome_);
}

const Outcome* Call::State::WaitFor(std::chrono::milliseconds time) {
  const auto deadline = After(time);
  if (time.count() > 0) SendNow();
  const MutexLock lock(mutex_);
  while (!outcome_ && changed_.WaitUntil(mutex_, deadline)) {
  }
  return outcome_ ? &*outcome_ : nullptr;
}

bool Call::State::IsDone() const {
  const MutexLock lock(mutex_);
  return outcome_.has_value();
}

bool Call::State::IsOk() const {
  const MutexLock lock(mutex_);
  return outcome_ && outcome_->ok();
}

void Call::State::Shed() {
  std::shared_ptr<CallControl> control;
  bool was_paused = false;
  {
    const MutexLock lock(mutex_);
    sheds_ = true;
    was_paused = std::exchange(is_paused_, false);
    control = control_;
  }
  if (was_paused && control) control->ReadOn();
}

void Call::State::WhenDone(std::function<void()> done) {
  {
    const MutexLock lock(mutex_);
    if (!outcome_) {
      when_done_.push_back(std::move(done));
      return;
    }
  }
  done();
}

void Call::State::Cancel(std::optional<std::chrono::milliseconds> grace) {
  std::shared_ptr<CallControl> control;
  {
    const MutexLock lock(mutex_);
    control = control_;
  }
  if (control) control->Cancel(grace);
}

void Call::State::Detach() {
  const MutexLock lock(mutex_);
  is_detached_ = true;
}

void Call::State::Abandon() {
  std::shared_ptr<CallControl> read_on;
  std::shared_ptr<CallControl> abandoned;
  {
    const MutexLock lock(mutex_);
    if (!is_detached_) abandoned = control_;
    read_on = Discard();
  }
  if (abandoned) abandoned->Abandon();
  if (read_on) read_on->ReadOn();
}

void Call::State::SetControl(std::shared_ptr<CallControl> control) {
  const MutexLock lock(mutex_);
  if (!outcome_) control_ = std::move(control);
}

void Call::State::SetId(std::string id) {
  if (whole_) whole_->SetId(id);
  const MutexLock lock(mutex_);
  id_ = std::move(id);
}

void Call::State::SetId(std::shared_ptr<const std::string> stream, std::uint64_t sequence) {
  if (whole_) whole_->SetId(stream, sequence);
  const MutexLock lock(mutex_);
  stream_ = std::move(stream);
  sequence_ = sequence;
}

std::string Call::State::id() const {
  const MutexLock lock(mutex_);
  return stream_ == nullptr ? id_ : *stream_ + "-" + std::to_string(sequence_);
}

bool Call::State::AddOutput(Event event) {
  std::shared_ptr<const std::function<void()>> ready;
  bool has_room = true;
  {
    const MutexLock lock(mutex_);
    const bool is_empty = event.data.empty() && event.stream != Event::Stream::kWaiting;
    if (discards_ || outcome_ || is_empty) return true;
    if (whole_) {
      is_paused_ = !whole_->AddOutput(std::move(event));
      return !is_paused_;
    }
    if (sheds_ && output_bytes_ > kMaxOutputBytes) return true;
    if (output_.empty()) ready = ready_;
    output_bytes_ += SizeOf(event);
    output_.push_back(std::move(event));
    changed_.NotifyAll();
    is_paused_ = output_bytes_ > kMaxOutputBytes && !sheds_;
    has_room = !is_paused_;
  }
  if (ready) (*ready)();
  return has_room;
}

void Call::State::Watch(std::function<void()> ready) {
  std::shared_ptr<const std::function<void()>> watcher;
  if (ready) watcher = std::make_shared<const std::function<void()>>(std::move(ready));
  {
    const MutexLock lock(mutex_);
    ready_ = outcome_ ? nullptr : watcher;
    if (output_.empty() && !outcome_) return;
  }
  if (watcher) (*watcher)();
}

void Call::State::ReadOn() {
  std::shared_ptr<CallControl> control;
  {
    const MutexLock lock(mutex_);
    if (std::exchange(is_paused_, false)) control = control_;
  }
  if (control) control->ReadOn();
}

void Call::State::Finish(Outcome outcome) {
  std::shared_ptr<CallControl> control;
  std::vector<std::function<void()>> when_done;
  std::shared_ptr<const std::function<void()>> ready;
  bool was_paused = false;
  {
    const MutexLock lock(mutex_);
    if (outcome_) return;
    ready.swap(ready_);
    outcome_ = std::move(outcome);
    control.swap(control_);
    when_done.swap(when_done_);
    was_paused = std::exchange(is_paused_, false);
    changed_.NotifyAll();
  }
  if (input_) input_->End();
  if (was_paused && control) control->ReadOn();
  if (ready) (*ready)();
  for (const auto& done : when_done) done();
}

}  // namespace muster
