#include "server/service/event_queue.h"

#include "server/service/wire.h"

namespace muster::server {
namespace {
// What may wait for a slow reader, bytes.
constexpr std::size_t kMaxWaitingBytes = 256 << 10;
// What an event takes beside its data, bytes: a program that writes a byte at a time fills memory
// with it.
constexpr std::size_t kEventBytes = 512;
constexpr char kClientGone[] = "its client went away";
}  // namespace

void EventQueue::Write(v1::ExecuteEvent event) { Push({std::move(event), 0, false}); }

void EventQueue::Attach(const std::shared_ptr<ExecutionControl>& execution) {
  bool gone = false;
  {
    MutexLock lock(mutex_);
    // An execution may end while it starts; kept then, it and this queue would hold each other.
    if (!ended_) execution_ = execution;
    gone = gone_;
  }
  if (gone) execution->Stop(StopCause::kClientGone, std::nullopt, kClientGone);
}

std::shared_ptr<ExecutionControl> EventQueue::execution() {
  MutexLock lock(mutex_);
  return execution_;
}

bool EventQueue::OnOutput(OutputStream stream, std::string data) {
  const std::size_t bytes = data.size() + kEventBytes;
  return Push({WriteOutput(stream, std::move(data)), bytes, false});
}

void EventQueue::OnWaiting() {
  v1::ExecuteEvent event;
  event.mutable_waiting();
  Push({std::move(event), kEventBytes, false});
}

void EventQueue::OnOutcome(Outcome outcome) {
  {
    MutexLock lock(mutex_);
    ended_ = true;
    execution_.reset();
  }
  Push({WriteOutcome(outcome), 0, true});
}

bool EventQueue::Push(Waiting waiting) {
  Waiting* next = nullptr;
  bool room = true;
  {
    MutexLock lock(mutex_);
    if (gone_) return true;  // thrown away; the execution is being stopped
    waiting_bytes_ += waiting.bytes;
    waiting_.push_back(std::move(waiting));
    full_ = waiting_bytes_ >= kMaxWaitingBytes;
    room = !full_;
    if (!writing_) {
      writing_ = true;
      next = &waiting_.front();
      finished_ = next->last;
    }
  }
  // The front of the queue stays until OnWritten.
  if (next != nullptr) writer_.WriteEvent(next->event, next->last);
  return room;
}

void EventQueue::OnWritten(bool ok) {
  Waiting* next = nullptr;
  std::shared_ptr<ExecutionControl> resumed;
  bool abandoned = false;
  {
    MutexLock lock(mutex_);
    abandoned = !ok || gone_;
    if (abandoned) {
      writing_ = false;
    } else {
      waiting_bytes_ -= waiting_.front().bytes;
      waiting_.pop_front();
      if (full_ && waiting_bytes_ < kMaxWaitingBytes / 2) {
        full_ = false;
        resumed = execution_;
      }
      if (waiting_.empty()) {
        writing_ = false;
      } else {
        next = &waiting_.front();
        finished_ = next->last;
      }
    }
  }
  if (abandoned) Abandon(grpc::Status::CANCELLED);
  if (next != nullptr) writer_.WriteEvent(next->event, next->last);
  if (resumed != nullptr) {
    loop_.Post([resumed] { resumed->Resume(); });
  }
}

void EventQueue::Abandon(const grpc::Status& status) {
  std::shared_ptr<ExecutionControl> stopped;
  grpc::Status end;
  bool finish = false;
  {
    MutexLock lock(mutex_);
    if (!gone_) end_ = status;
    gone_ = true;
    end = end_;
    stopped = execution_;
    finish = !writing_ && !finished_;
    if (finish) finished_ = true;
  }
  if (stopped != nullptr) {
    loop_.Post([stopped] {
      stopped->Stop(StopCause::kClientGone, std::nullopt, kClientGone);
      stopped->Resume();  // what it still writes goes nowhere, and must not keep it waiting
    });
  }
  if (finish) writer_.FinishCall(end);
}

void EventQueue::Close() {
  MutexLock lock(mutex_);
  ended_ = true;
  execution_.reset();  // it holds this queue
}

}  // namespace muster::server
