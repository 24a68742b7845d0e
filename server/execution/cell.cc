#include "server/execution/cell.h"

#include <algorithm>
#include <utility>

#include "server/execution/pool_worker.h"
#include "server/spawner/worker_message.h"

namespace muster::server {

Cell::Cell(EventLoop& loop, Request request, CellSink& sink, CellKeeper& keeper)
    : loop_(loop), request_(std::move(request)), sink_(sink), keeper_(keeper) {
  if (!request_.deadline) return;
  deadline_ = loop_.After(*request_.deadline, [this] {
    deadline_.reset();
    Stop(StopCause::kDeadline, std::nullopt, "");
  });
}

void Cell::Hand(PoolWorker& worker, std::uint64_t position, std::atomic<std::uint32_t>* mark) {
  state_ = State::kHanded;
  worker_ = &worker;
  position_ = position;
  mark_ = mark;
}

bool Cell::IsRunning() const {
  return state_ == State::kHanded &&
         mark_->load() != static_cast<std::uint32_t>(RequestMark::kQueued);
}

void Cell::TakeBack() {
  state_ = State::kWaiting;
  worker_ = nullptr;
  mark_ = nullptr;
}

bool Cell::Tell(OutputStream stream, std::string data) {
  if (stream == OutputStream::kStdout) stdout_bytes_ += data.size();
  if (stream == OutputStream::kStderr) stderr_bytes_ += data.size();
  return sink_.OnOutput(*this, stream, std::move(data));
}

void Cell::End(Outcome outcome, std::string value) {
  if (state_ == State::kEnded) return;
  const std::shared_ptr<Cell> self = shared_from_this();
  state_ = State::kEnded;
  worker_ = nullptr;
  mark_ = nullptr;
  if (deadline_) loop_.CancelTimer(*deadline_);
  deadline_.reset();
  outcome.usage.stdout_bytes = stdout_bytes_;
  outcome.usage.stderr_bytes = stderr_bytes_;
  const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(
      Clock::now() - received_ - outcome.usage.wall);
  outcome.usage.queued = std::max(std::chrono::microseconds(0), waited);
  sink_.OnOutcome(*this, std::move(outcome), std::move(value));
}

void Cell::Stop(StopCause cause, std::optional<std::chrono::milliseconds> grace, std::string who) {
  const std::shared_ptr<Cell> self = shared_from_this();
  switch (state_) {
    case State::kWaiting:
      keeper_.StopWaiting(*this, cause, who);
      break;
    case State::kHanded:
      worker_->Stop(*this, cause, grace, std::move(who));
      break;
    case State::kEnded:
      break;
  }
}

void Cell::Resume() {
  if (worker_ != nullptr) worker_->Resume(*this);
}

}  // namespace muster::server
