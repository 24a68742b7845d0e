#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "server/execution/pool_worker.h"

// How a cell of a session is stopped, and its worker lives:
//
//   running ──Interrupt: SIGINT──▶ interrupted ──the cell ends──▶ the next one, when the supervisor
//                                      │                          has confirmed the signal
//                                      └──half of the grace──▶ the stop of the whole tree

namespace muster::server {
namespace {
// Between two looks at a supervisor that does not confirm, and when it is given up.
constexpr std::chrono::milliseconds kLook{2000};
constexpr std::chrono::seconds kUnheard{70};
}  // namespace

bool PoolWorker::Interrupt(Cell& cell, StopCause cause,
                           std::optional<std::chrono::milliseconds> grace, const std::string& who) {
  if (is_stopping_ || state_ != State::kReady) return false;
  const auto now = Clock::now();
  const auto end = now + grace.value_or(cell.request().grace);
  if (interruption_) {
    if (end >= interruption_->end) return true;
    interruption_->end = end;
  } else {
    interruption_ = Interruption{cause, who, now, end, std::nullopt};
    cell.SetStopping();
    if (end > now) {
      unconfirmed_ = true;
      confirmed_by_ = now + kUnheard;
      supervisor_->Send(FrameType::kInterrupt, "");
      WaitForConfirmation();
    }
  }
  AdvanceInterruption();
  return true;
}

void PoolWorker::AdvanceInterruption() {
  Interruption& interruption = *interruption_;
  if (interruption.timer) loop_.CancelTimer(*interruption.timer);
  interruption.timer.reset();
  const auto now = Clock::now();
  const auto half = interruption.started + (interruption.end - interruption.started) / 2;
  if (now < half) {
    interruption.timer = loop_.After(std::chrono::ceil<std::chrono::milliseconds>(half - now),
                                     [this, alive = std::weak_ptr<char>(life_)] {
                                       if (alive.expired() || !interruption_) return;
                                       interruption_->timer.reset();
                                       TakeResults();  // it may have ended this moment
                                       if (interruption_) AdvanceInterruption();
                                       TellProgress();
                                     });
    return;
  }
  using std::chrono::milliseconds;
  const auto rounded = [](Clock::duration time) {
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(time));
  };
  StopOrder order;
  order.cause = interruption.cause;
  order.grace = rounded(interruption.end - interruption.started);
  order.since = rounded(now - interruption.started);
  who_ = interruption.who;
  interruption_.reset();
  is_stopping_ = true;
  SetState(State::kEnding);
  GiveBackAll();
  Order(order);
}

// It ended in time, by itself or by the interrupt: nobody can tell.
void PoolWorker::EndInterruption(Outcome& outcome) {
  if (interruption_->timer) loop_.CancelTimer(*interruption_->timer);
  ExecutionEnd end;
  end.cause = interruption_->cause;
  Outcome stopped = Judge(end, nullptr, interruption_->who, {});
  stopped.usage = outcome.usage;
  stopped.usage.stop =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - interruption_->started);
  outcome = std::move(stopped);
  interruption_.reset();
}

// The worker ended under it.
void PoolWorker::AdoptInterruption() {
  if (interruption_->timer) loop_.CancelTimer(*interruption_->timer);
  if (end_ && end_->cause == StopCause::kNone) end_->cause = interruption_->cause;
  who_ = interruption_->who;
  interruption_.reset();
}

void PoolWorker::HandleInterrupted() {
  unconfirmed_ = false;
  has_progress_ = true;
  // One that waits for its next cell ends at that.
  if (is_stopping_ && cells_.empty() && is_open_) ::shutdown(channel_.socket(), SHUT_RDWR);
}

// A helper that somebody stopped is woken, one that does not answer is killed.
void PoolWorker::WaitForConfirmation() {
  loop_.After(kLook, [this, alive = std::weak_ptr<char>(life_)] {
    if (alive.expired() || !unconfirmed_ || state_ != State::kReady) return;
    spawner_.Wake();
    if (supervisor_pid_ > 0) ::kill(supervisor_pid_, SIGCONT);
    if (Clock::now() > confirmed_by_ && supervisor_pid_ > 0) {
      spawner_.KillSupervisor(supervisor_pid_);
    } else {
      WaitForConfirmation();
    }
  });
}

void PoolWorker::End(StopCause cause, std::chrono::milliseconds grace, std::string who) {
  if (state_ == State::kEnded || end_ || is_lost_) return;
  TakeResults();
  if (!std::exchange(is_stopping_, true)) {
    // The first cause stays the verdict.
    who_ = interruption_ ? interruption_->who : std::move(who);
    if (interruption_) cause = interruption_->cause;
    if (interruption_ && interruption_->timer) loop_.CancelTimer(*interruption_->timer);
    interruption_.reset();
    if (!cells_.empty()) cells_.front()->SetStopping();
    if (state_ == State::kReady) SetState(State::kEnding);
    GiveBackAll();
  }
  StopOrder order;
  order.cause = cause;
  order.grace = grace;
  if (supervisor_ != nullptr) {
    Order(order);
    // When it confirms this it knows of the stop: a worker that ends before that would be taken for
    // one that ended by itself, and what it left running would stay.
    supervisor_->Send(FrameType::kInterrupt, "");
  }
  TellProgress();
}

}  // namespace muster::server
