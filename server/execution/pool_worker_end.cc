#include <absl/strings/str_cat.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "server/execution/pool_worker.h"

// How a worker ends: stopped, retiring, dismissed, or killed.

namespace muster::server {
namespace {

// As Execution's: how long the pipes are read after the end, how long a helper may take before it
// is woken, and how long a supervisor may say nothing after a stop.
constexpr std::chrono::milliseconds kDrainTime{2000};
constexpr std::chrono::milliseconds kStartTime{2000};
constexpr std::chrono::seconds kUnheard{70};
// For one that was to go by itself.
constexpr std::chrono::seconds kTimeToGo{10};
// What a pipe holds, in pieces as they are read: whoever is left and writes without end does not
// hold up its outcome.
constexpr int kMostPieces = 2;

}  // namespace

// ---- its end ----

void PoolWorker::Order(const StopOrder& order) {
  overdue_ = Clock::now() + order.grace.value_or(std::chrono::seconds(5)) + kUnheard;
  supervisor_->Send(FrameType::kStop, order.Encode());
  spawner_.Wake();
  if (supervisor_pid_ > 0) ::kill(supervisor_pid_, SIGCONT);
  Watch(kStartTime);
}

// A helper that somebody stopped is woken, one that does not answer is killed.
void PoolWorker::Watch(std::chrono::milliseconds delay) {
  if (timer_) loop_.CancelTimer(*timer_);
  timer_ = loop_.After(delay, [this] {
    timer_.reset();
    if (state_ == State::kEnded || end_) return;
    if (state_ == State::kReady) return;
    spawner_.Wake();
    if (supervisor_pid_ > 0) ::kill(supervisor_pid_, SIGCONT);
    if (overdue_ && Clock::now() > *overdue_ && supervisor_pid_ > 0) {
      spawner_.KillSupervisor(supervisor_pid_);
    }
    Watch(kStartTime);
    TakeResults();
    const bool has_gone_wrong = Clock::now() > ending_since_ + kTimeToGo;
    if (state_ == State::kEnding && (cells_.empty() || waits_for_end_) && has_gone_wrong &&
        !overdue_) {
      StopOrder order;
      order.grace = std::chrono::milliseconds(0);
      Order(order);
    }
    TellProgress();
  });
}

void PoolWorker::Stop(Cell& cell, StopCause cause, std::optional<std::chrono::milliseconds> grace,
                      std::string who) {
  TakeResults();
  if (cell.state() == Cell::State::kHanded && !(concluded_ && cells_.front().get() == &cell)) {
    if (IsTakenBack(cell)) {
      const auto place = std::find_if(cells_.begin(), cells_.end(),
                                      [&](const auto& each) { return each.get() == &cell; });
      const std::shared_ptr<Cell> taken = *place;
      cells_.erase(place);
      Touch(taken->sink());
      ExecutionEnd end;
      end.cause = cause;
      taken->End(Judge(end, nullptr, who, {}), "");
    } else if (!keeps_namespace_ || !Interrupt(cell, cause, grace, who)) {
      if (!std::exchange(is_stopping_, true)) {
        who_ = std::move(who);
        cell.SetStopping();
        if (state_ == State::kReady) SetState(State::kEnding);
        GiveBackAll();
      }
      StopOrder order;
      order.cause = cause;
      order.grace = grace.value_or(cell.request().grace);
      Order(order);
    }
  }
  TellProgress();
}

void PoolWorker::Break() {
  if (result_.broken) return;
  result_.broken = true;
  is_stopping_ = true;
  if (state_ == State::kReady) SetState(State::kEnding);
  GiveBackAll();
  StopOrder order;
  order.grace = std::chrono::milliseconds(0);
  if (supervisor_ != nullptr) Order(order);
}

void PoolWorker::Dismiss() {
  if (state_ != State::kReady) return;
  SetState(State::kEnding);
  ::shutdown(channel_.socket(), SHUT_RDWR);
}

void PoolWorker::HandleFrame(const Frame& frame) {
  switch (static_cast<FrameType>(frame.type)) {
    case FrameType::kHere:
      supervisor_pid_ = static_cast<pid_t>(PayloadReader(frame.payload).U64());
      break;
    case FrameType::kStarted:
      if (state_ == State::kStarting) SetState(State::kReady);
      break;
    case FrameType::kInterrupted:
      HandleInterrupted();
      break;
    case FrameType::kEnded:
      if (end_) break;
      end_ = ExecutionEnd::Decode(frame.payload);
      if (end_) HandleEnd();
      break;
    default:
      break;
  }
  TellProgress();
}

// Without a word about the end: the supervisor was killed, or never came to be.
void PoolWorker::HandleSupervisorGone() {
  if (end_ || is_lost_) return;
  is_lost_ = true;
  HandleEnd();
  TellProgress();
}

void PoolWorker::HandleEnd() {
  supervisor_pid_ = 0;
  if (timer_) loop_.CancelTimer(*timer_);
  timer_.reset();
  if (state_ == State::kStarting) {
    const std::string python_error = spawner_.PythonError(*identity_);
    if (end_) {
      start_failure_ = Judge(*end_, nullptr, "", {});
    } else {
      start_failure_ = Outcome();
      start_failure_->kind =
          python_error.empty() ? Outcome::Kind::kLost : Outcome::Kind::kStartFailed;
      start_failure_->reason =
          python_error.empty() ? "the process that was to start it was killed" : python_error;
    }
  }
  TakeResults();
  if (interruption_) AdoptInterruption();
  if (state_ == State::kReady) SetState(State::kEnding);
  GiveBackAll();
  WaitForOutput();
}

void PoolWorker::WaitForOutput() {
  if (timer_) loop_.CancelTimer(*timer_);
  timer_.reset();
  // What is there is read at once: mostly that is all, and the end of the pipes.
  for (const OutputStream stream : {OutputStream::kStdout, OutputStream::kStderr}) {
    for (int i = 0; i < kMostPieces && !is_paused_; ++i) Give(stream, output_->Read(stream));
  }
  if (output_->AtEnd() || (cells_.empty() && !is_paused_)) {
    FinishEnd();
    return;
  }
  timer_ = loop_.After(kDrainTime, [this] {
    timer_.reset();
    if (is_paused_) {
      WaitForOutput();
    } else {
      FinishEnd();
    }
    TellProgress();
  });
}

void PoolWorker::FinishEnd() {
  if (state_ == State::kEnded) return;
  if (timer_) loop_.CancelTimer(*timer_);
  timer_.reset();
  // What it said of those that it had done is still there, and no more than the ring holds: nobody
  // is waited for who takes it slowly.
  do {
    is_paused_ = false;
    TakeResults();
  } while (is_paused_);
  for (bool is_first = true; !cells_.empty(); is_first = false) {
    Outcome outcome;
    if (!is_first) {
      // Its mark says that it began, which cannot be.
      outcome.reason = "its worker ended, and said that it had begun it out of turn";
    } else if (concluded_) {
      outcome = *concluded_;
      if (end_) {
        outcome.usage.reaped = end_->reaped;
        outcome.usage.left = end_->left;
      }
    } else if (end_) {
      outcome = Judge(*end_, &result_, who_, {});
      // The worker's whole life is not the cell's.
      outcome.usage.wall =
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since_);
      outcome.usage.cpu = std::min(outcome.usage.cpu, outcome.usage.wall);
    } else {
      outcome.reason = "its supervisor process was killed, and what it ran with it";
    }
    Conclude(std::move(outcome), std::move(value_));
  }
  SetState(State::kEnded);
}

void PoolWorker::SetState(State state) {
  if (state_ == state) return;
  state_ = state;
  has_progress_ = true;
  if (state == State::kReady) since_ = Clock::now();
  if (state == State::kEnding) {
    ending_since_ = Clock::now();
    if (!end_ && !is_lost_) Watch(kStartTime);
  }
  if (state == State::kEnded && output_ != nullptr) output_->Pause();
  if (state == State::kEnded && cells_.empty()) TellProgress();
}

}  // namespace muster::server
