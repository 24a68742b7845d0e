// The end of an Execution: from the word of its supervisor to its outcome.
#include <memory>
#include <utility>

#include "common/fault.h"
#include "server/execution/execution.h"

namespace muster::server {
namespace {

// How long to wait for the end of the pipes when the process has ended and something that it left
// behind still holds one of them.
constexpr std::chrono::milliseconds kDrainTime{2000};

std::chrono::microseconds Since(Execution::Clock::time_point start,
                                Execution::Clock::time_point end) {
  return std::chrono::duration_cast<std::chrono::microseconds>(end - start);
}

}  // namespace

void Execution::HandleEnd(const ExecutionEnd& end) {
  end_ = end;
  TellGone(end.how == ExecutionEnd::How::kUnkillable ? end.pid : 0);
  state_ = State::kDraining;
  supervisor_pid_ = 0;
  drain_until_ = out_->bytes() + out_->Waiting() + err_->bytes() + err_->Waiting();
  if (value_ != nullptr) drain_until_ += value_->bytes() + value_->Waiting();
  if (timer_) loop_.CancelTimer(*timer_);
  WatchDrain();
  FinishWhenDrained();
}

// Without a word about the end: the supervisor was killed, or never came to be.
void Execution::HandleSupervisorGone() {
  if (end_ || state_ != State::kRunning) return;
  Outcome outcome;
  const std::string python_error = IsPython() ? spawner_->PythonError(*request_.identity) : "";
  if (!launched_ && !python_error.empty()) {
    outcome.kind = Outcome::Kind::kStartFailed;
    outcome.reason = python_error;
  } else {
    outcome.kind = Outcome::Kind::kLost;
    outcome.reason = launched_ ? "its supervisor process was killed, and what it ran with it"
                               : "the process that was to start it was killed";
  }
  Finish(std::move(outcome));
}

// Looks every kDrainTime; a slow reader gets what was there at the end, and what something that was
// left behind goes on writing keeps nobody waiting.
void Execution::WatchDrain() {
  timer_ = loop_.After(kDrainTime, [this] {
    timer_.reset();
    const auto value_bytes = value_ == nullptr ? 0 : value_->bytes();
    if (out_->bytes() + err_->bytes() + value_bytes < drain_until_) {
      WatchDrain();
    } else {
      Conclude();
    }
  });
}

void Execution::Conclude() {
  ExecutionEnd end = *end_;
  // The order to stop may have come too late; the output is cut all the same.
  if (cuts_output_ && end.cause == StopCause::kNone) {
    end.cause = StopCause::kLimit;
    end.limit = Limit::kOutput;
  }
  Finish(Judge(end, IsPython() ? &result_ : nullptr, who_, request_.launch.limits));
}

void Execution::FinishWhenDrained() {
  if (state_ != State::kDraining || !out_->AtEnd() || !err_->AtEnd()) return;
  if (FaultAt("drain")) return;
  if (value_ != nullptr && !value_->AtEnd()) return;
  Conclude();
}

void Execution::TellGone(std::int64_t unkillable) {
  if (const OnGone on_gone = std::exchange(on_gone_, nullptr)) on_gone(unkillable);
}

void Execution::Finish(Outcome outcome) {
  if (state_ == State::kFinished) return;
  const auto self = shared_from_this();
  TellGone(0);
  if (state_ == State::kQueued) started_ = Clock::now();
  state_ = State::kFinished;
  if (timer_) loop_.CancelTimer(*timer_);
  timer_.reset();
  outcome.usage.queued = Since(received_, started_);
  outcome.usage.stdout_bytes = stdout_bytes_;
  outcome.usage.stderr_bytes = stderr_bytes_;
  if (input_ != nullptr) outcome.usage.input_bytes = input_->bytes();
  sink_->OnOutcome(std::move(outcome));
  on_finished_(*this);
  // The handlers of these may be what is running: they go when the loop is back.
  loop_.Post([supervisor = std::shared_ptr<SupervisorLink>(std::move(supervisor_)),
              out = std::shared_ptr<PipeReader>(std::move(out_)),
              err = std::shared_ptr<PipeReader>(std::move(err_)),
              value = std::shared_ptr<PipeReader>(std::move(value_)),
              input = std::shared_ptr<InputWriter>(std::move(input_)), self] {});
}

}  // namespace muster::server
