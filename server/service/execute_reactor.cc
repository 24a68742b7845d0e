#include "server/service/execute_reactor.h"

#include "common/tsan.h"
#include "server/service/wire.h"

namespace muster::server {
namespace {
// What may wait for a slow reader, bytes.
constexpr std::size_t kMaxWaitingBytes = 256 << 10;
// What an event takes beside its data, bytes: a program that writes a byte at a time fills memory
// with it.
constexpr std::size_t kEventBytes = 512;
}  // namespace

std::shared_ptr<ExecuteReactor> ExecuteReactor::Make(EventLoop& loop, OpenCalls& open_calls) {
  std::shared_ptr<ExecuteReactor> reactor(new ExecuteReactor(loop, open_calls));
  open_calls.Add();
  reactor->self_ = reactor;
  TsanRelease(reactor.get());
  return reactor;
}

void ExecuteReactor::Write(v1::ExecuteEvent event) { Push({std::move(event), 0, false}); }

void ExecuteReactor::Reject(grpc::Status status) {
  {
    MutexLock lock(mutex_);
    if (finished_) return;
    finished_ = true;
  }
  Finish(std::move(status));
}

void ExecuteReactor::Attach(const std::shared_ptr<Execution>& execution) {
  bool gone = false;
  {
    MutexLock lock(mutex_);
    execution_ = execution;
    gone = gone_;
  }
  if (gone) execution->Stop(StopCause::kClientGone, std::nullopt, "its client went away");
}

bool ExecuteReactor::OnOutput(OutputStream stream, std::string data) {
  const std::size_t bytes = data.size() + kEventBytes;
  return Push({WriteOutput(stream, std::move(data)), bytes, false});
}

void ExecuteReactor::OnOutcome(Outcome outcome) {
  {
    MutexLock lock(mutex_);
    execution_.reset();
  }
  Push({WriteOutcome(outcome), 0, true});
}

bool ExecuteReactor::Push(Waiting waiting) {
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
  if (next != nullptr) StartNext(next);
  return room;
}

// Outside the lock: gRPC may run the reaction in here. The front of the queue stays until
// OnWriteDone.
void ExecuteReactor::StartNext(Waiting* next) {
  TsanRelease(this);
  if (next->last) {
    StartWriteAndFinish(&next->event, grpc::WriteOptions(), grpc::Status::OK);
  } else {
    StartWrite(&next->event);
  }
}

void ExecuteReactor::OnWriteDone(bool ok) {
  TsanAcquire(this);
  Waiting* next = nullptr;
  std::shared_ptr<Execution> resumed;
  bool abandoned = false;
  {
    MutexLock lock(mutex_);
    abandoned = !ok || gone_;
    if (abandoned) writing_ = false;
  }
  if (abandoned) {
    Abandon();
    return;
  }
  {
    MutexLock lock(mutex_);
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
  if (next != nullptr) StartNext(next);
  if (resumed != nullptr) {
    loop_.Post([resumed] { resumed->Resume(); });
  }
}

void ExecuteReactor::OnCancel() { Abandon(); }

// The client is gone: stop the execution, throw away what waits, end the call when no write is
// under way.
void ExecuteReactor::Abandon() {
  std::shared_ptr<Execution> stopped;
  bool finish = false;
  {
    MutexLock lock(mutex_);
    gone_ = true;
    stopped = execution_;
    finish = !writing_ && !finished_;
    if (finish) finished_ = true;
  }
  if (stopped != nullptr) {
    loop_.Post([stopped] {
      stopped->Stop(StopCause::kClientGone, std::nullopt, "its client went away");
      stopped->Resume();  // what it still writes goes nowhere, and must not keep it waiting
    });
  }
  if (finish) Finish(grpc::Status::CANCELLED);
}

void ExecuteReactor::OnDone() {
  TsanAcquire(this);
  {
    MutexLock lock(mutex_);
    execution_.reset();  // it holds this reactor
  }
  OpenCalls& open_calls = open_calls_;
  self_.reset();
  open_calls.Remove();
}

}  // namespace muster::server
