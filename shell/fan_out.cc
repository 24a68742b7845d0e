#include "shell/fan_out.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "common/quantity.h"

namespace muster::clustershell {

FanOut::FanOut(std::vector<Call> calls, const Pace& pace)
    : pace_(pace), lanes_(calls.size()), running_(calls.size()) {
  for (std::size_t i = 0; i < calls.size(); ++i) lanes_[i].call = std::move(calls[i]);
  // A call that nobody reads would wait for its reader.
  StartReaders(calls.size());
}

FanOut::FanOut(std::size_t count, Send send, const Pace& pace)
    : pace_(pace), send_(std::move(send)), lanes_(count), running_(count) {
  StartReaders(pace.at_once == 0 ? count : std::min(count, pace.at_once));
}

FanOut::~FanOut() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
  }
  taken_.NotifyAll();
  Cancel(std::chrono::milliseconds(0));
  for (std::thread& reader : readers_) reader.join();
}

void FanOut::StartReaders(std::size_t count) {
  readers_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    readers_.emplace_back([this] { Work(); });
  }
}

void FanOut::Work() {
  while (const std::optional<std::size_t> index = TakeTurn()) {
    if (std::optional<Call> call = SendOne(*index)) {
      Read(*index, *std::move(call));
      continue;
    }
    Outcome outcome;
    outcome.kind = Outcome::Kind::kCancelled;
    outcome.reason = "by this program, before it was sent";
    Finish(*index, std::move(outcome));
  }
}

std::optional<std::size_t> FanOut::TakeTurn() {
  MutexLock lock(mutex_);
  if (next_ == lanes_.size()) return std::nullopt;
  return next_++;
}

std::optional<Call> FanOut::SendOne(std::size_t index) {
  {
    MutexLock lock(mutex_);
    if (lanes_[index].call) return lanes_[index].call;
    if (cancelled_) return std::nullopt;
  }
  Call call = send_(index);
  bool is_late = false;
  {
    MutexLock lock(mutex_);
    lanes_[index].call = call;
    is_late = cancelled_;
  }
  if (is_late) call.cancel(std::chrono::milliseconds(0));
  return call;
}

void FanOut::Read(std::size_t index, Call call) {
  const bool is_given_up = pace_.connect_timeout && IsGivenUp(index, call);
  while (std::optional<Event> event = call.next()) Shelve(index, *std::move(event));
  Outcome outcome = call.wait();
  // It may have been sent at the last moment.
  if (is_given_up && outcome.kind == Outcome::Kind::kCancelled && call.id().empty()) {
    outcome.kind = Outcome::Kind::kUnreachable;
    outcome.reason = absl::StrCat("there was no connection within ",
                                  FormatDuration(*pace_.connect_timeout), " (--connect-timeout)");
  }
  Finish(index, std::move(outcome));
}

bool FanOut::IsGivenUp(std::size_t index, Call& call) {
  std::optional<Event> event;
  // What is longer than that is never.
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24);
  const bool is_heard = call.next_for(std::min(*pace_.connect_timeout, kLongest), &event);
  if (event) Shelve(index, *std::move(event));
  if (is_heard || !call.id().empty()) return false;
  call.cancel(std::chrono::milliseconds(0));
  return true;
}

void FanOut::Shelve(std::size_t index, Event event) {
  MutexLock lock(mutex_);
  // A vector that does not grow: the reference stays good.
  Lane& lane = lanes_[index];
  while (lane.bytes >= Lane::kShelfBytes && !closing_) taken_.Wait(mutex_);
  if (closing_) return;
  lane.bytes += event.data.size();
  lane.shelf.push_back(std::move(event));
  arrived_.NotifyOne();
}

void FanOut::Finish(std::size_t index, Outcome outcome) {
  MutexLock lock(mutex_);
  lanes_[index].outcome = std::move(outcome);
  arrived_.NotifyOne();
}

std::optional<FanOut::Happening> FanOut::Next(std::chrono::steady_clock::time_point latest) {
  MutexLock lock(mutex_);
  while (true) {
    if (interrupts_ > told_interrupts_) {
      told_interrupts_ = interrupts_;
      Happening happening;
      happening.kind = Happening::Kind::kInterrupted;
      happening.times = interrupts_;
      return happening;
    }
    if (running_ == 0) return std::nullopt;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      const std::size_t index = (turn_ + i) % lanes_.size();
      if (std::optional<Happening> happening = TakeFrom(index)) {
        turn_ = index + 1;
        return happening;
      }
    }
    if (latest == kNever) {
      arrived_.Wait(mutex_);
    } else if (!arrived_.WaitUntil(mutex_, latest)) {
      Happening happening;
      happening.kind = Happening::Kind::kNothing;
      return happening;
    }
  }
}

std::optional<FanOut::Happening> FanOut::TakeFrom(std::size_t index) {
  Lane& lane = lanes_[index];
  Happening happening;
  happening.call = index;
  if (!lane.shelf.empty()) {
    happening.kind = Happening::Kind::kOutput;
    happening.event = std::move(lane.shelf.front());
    lane.shelf.pop_front();
    lane.bytes -= happening.event.data.size();
    taken_.NotifyAll();
    return happening;
  }
  if (lane.outcome && !lane.ended) {
    lane.ended = true;
    --running_;
    happening.kind = Happening::Kind::kEnded;
    happening.outcome = *std::move(lane.outcome);
    return happening;
  }
  return std::nullopt;
}

void FanOut::Cancel(std::optional<std::chrono::milliseconds> grace) {
  std::vector<Call> calls;
  {
    MutexLock lock(mutex_);
    cancelled_ = true;
    for (const Lane& lane : lanes_) {
      if (lane.call) calls.push_back(*lane.call);
    }
  }
  for (Call& call : calls) call.cancel(grace);
}

std::optional<Call> FanOut::CallOf(std::size_t index) {
  MutexLock lock(mutex_);
  return lanes_[index].call;
}

void FanOut::Write(std::size_t index, const std::string& input) {
  if (std::optional<Call> call = CallOf(index)) call->write(input);
}

void FanOut::EndInput(std::size_t index) {
  if (std::optional<Call> call = CallOf(index)) call->close_input();
}

void FanOut::Interrupt(int times) {
  {
    // Before the cancel, so that the word comes before the outcomes that it brings about.
    MutexLock lock(mutex_);
    interrupts_ = std::max(interrupts_, times);
    arrived_.NotifyOne();
  }
  if (times > 1) {
    Cancel(std::chrono::milliseconds(0));
  } else {
    Cancel();
  }
}

}  // namespace muster::clustershell
