#include "client/call_input.h"

#include <algorithm>
#include <utility>

#include "common/limits.h"

namespace muster {
namespace {

// Signals and sizes that nobody takes; more are dropped, as a full terminal drops keys.
constexpr std::size_t kMostWaiting = 64;

v1::WindowSize ToSize(int rows, int columns) {
  v1::WindowSize size;
  size.set_rows(static_cast<std::uint32_t>(std::clamp(rows, 0, 65535)));
  size.set_columns(static_cast<std::uint32_t>(std::clamp(columns, 0, 65535)));
  return size;
}

}  // namespace

CallInput::CallInput(const std::optional<Terminal>& terminal) {
  if (!terminal) return;
  terminal_.emplace();
  *terminal_->mutable_size() = ToSize(terminal->rows, terminal->columns);
  terminal_->set_type(terminal->type);
}

CallInput::CallInput(InputPieces whole)
    : is_whole_(true), whole_(std::move(whole)), is_closed_(true) {}

InputPieces CallInput::WholeOf(const ExecuteOptions& options) {
  if (options.input.empty()) return options.input_pieces;
  struct Kept {
    std::string text;
    std::shared_ptr<const void> keeper;
  };
  const auto kept = std::make_shared<const Kept>(Kept{options.input, options.input_pieces.keeper});
  InputPieces whole{{kept->text}, kept};
  const auto& pieces = options.input_pieces.pieces;
  whole.pieces.insert(whole.pieces.end(), pieces.begin(), pieces.end());
  return whole;
}

bool CallInput::Write(const std::string& data) {
  {
    // One writer at a time: pieces of two must not mix.
    const MutexLock lock(mutex_);
    while (is_writing_ && !has_ended_) changed_.Wait(mutex_);
    if (has_ended_ || is_closed_) return false;
    is_writing_ = true;
  }
  bool taken = true;
  for (std::size_t at = 0; at < data.size() && taken; at += kMaxInputBytes) {
    v1::InteractRequest message;
    message.set_input(data.substr(at, kMaxInputBytes));
    std::uint64_t number = 0;
    {
      const MutexLock lock(mutex_);
      number = Queue(std::move(message));
    }
    Pump();
    const MutexLock lock(mutex_);
    while (!has_ended_ && carried_ < number) changed_.Wait(mutex_);
    taken = carried_ >= number;  // a command may end at once when it has read it
  }
  const MutexLock lock(mutex_);
  is_writing_ = false;
  changed_.NotifyAll();
  return taken;
}

std::uint64_t CallInput::Queue(v1::InteractRequest message) {
  waiting_.push_back(std::move(message));
  return ++queued_;
}

void CallInput::Close() {
  {
    const MutexLock lock(mutex_);
    // A terminal takes more after its end of file; a pipe does not.
    if (is_closed_) return;
    is_closed_ = !terminal_;
  }
  v1::InteractRequest message;
  message.set_end_of_input(true);
  Push(std::move(message));
}

void CallInput::Resize(int rows, int columns) {
  v1::InteractRequest message;
  *message.mutable_window_size() = ToSize(rows, columns);
  Push(std::move(message));
}

void CallInput::Signal(int signal) {
  v1::InteractRequest message;
  message.set_signal(signal);
  Push(std::move(message));
}

bool CallInput::Push(v1::InteractRequest message) {
  {
    const MutexLock lock(mutex_);
    if (has_ended_) return false;
    const bool is_end = message.has_end_of_input();
    if (!is_end && waiting_.size() >= kMostWaiting) return false;
    Queue(std::move(message));
  }
  Pump();
  return true;
}

std::string_view CallInput::NextOfWhole() {
  while (piece_ < whole_.pieces.size()) {
    const std::string_view next = whole_.pieces[piece_].substr(taken_, kMaxInputBytes);
    taken_ += next.size();
    if (!next.empty()) return next;
    ++piece_;
    taken_ = 0;
  }
  return {};
}

void CallInput::TakePiece() {
  if (!is_whole_ || !waiting_.empty() || ended_input_) return;
  v1::InteractRequest message;
  if (const std::string_view next = NextOfWhole(); !next.empty()) {
    message.set_input(next.data(), next.size());
  } else {
    message.set_end_of_input(true);
    ended_input_ = true;
  }
  Queue(std::move(message));
}

void CallInput::Pump() {
  std::shared_ptr<Carrier> carrier;
  v1::InteractRequest next;
  {
    const MutexLock lock(mutex_);
    if (carrier_ == nullptr || is_carrying_ || has_ended_) return;
    TakePiece();
    if (waiting_.empty()) return;
    is_carrying_ = true;
    carrier = carrier_;
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  carrier->Carry(std::move(next));
}

void CallInput::Open(std::shared_ptr<Carrier> carrier) {
  {
    const MutexLock lock(mutex_);
    if (has_ended_) return;
    carrier_ = std::move(carrier);
  }
  Pump();
}

void CallInput::OnCarried() {
  {
    const MutexLock lock(mutex_);
    is_carrying_ = false;
    ++carried_;
    changed_.NotifyAll();
  }
  Pump();
}

void CallInput::End() {
  std::shared_ptr<Carrier> carrier;  // ends after the lock
  InputPieces whole;                 // and this
  const MutexLock lock(mutex_);
  has_ended_ = true;
  waiting_.clear();
  std::swap(whole, whole_);
  piece_ = taken_ = 0;
  carrier.swap(carrier_);
  changed_.NotifyAll();
}

}  // namespace muster
