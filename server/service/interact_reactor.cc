#include "server/service/interact_reactor.h"

#include <absl/strings/str_cat.h>
#include <signal.h>

#include <utility>

#include "common/limits.h"
#include "common/tsan.h"
#include "server/service/interact_wire.h"

namespace muster::server {

std::shared_ptr<InteractReactor> InteractReactor::Make(EventLoop& loop, OpenCalls& open_calls,
                                                       Begin begin) {
  std::shared_ptr<InteractReactor> reactor(new InteractReactor(loop, open_calls, std::move(begin)));
  open_calls.Add();
  reactor->self_ = reactor;
  TsanRelease(reactor.get());
  reactor->StartRead(&reactor->request_);
  return reactor;
}

void InteractReactor::OnReadDone(bool ok) {
  TsanAcquire(this);
  if (ok) {
    loop_.Post([self = self_] { self->Handle(); });
  } else if (begin_ != nullptr) {
    queue_.Reject({grpc::StatusCode::INVALID_ARGUMENT, "there was no first message: start"});
  }
  // Else the client will send no more. That is no end of input: a broken connection looks the same,
  // and half of a file must not pass for the whole.
}

void InteractReactor::Handle() {
  if (const Begin begin = std::exchange(begin_, nullptr)) {
    begin({self_, &queue_}, request_);
    ReadOn();
    return;
  }
  const std::shared_ptr<ExecutionControl> execution = queue_.execution();
  if (execution == nullptr) return;  // it has ended: nobody is interested
  if (const auto problem = CheckInteraction(request_)) {
    queue_.Reject({grpc::StatusCode::INVALID_ARGUMENT, *problem});
  } else if (Obey(*execution)) {
    ReadOn();
  }
}

bool InteractReactor::Obey(ExecutionControl& execution) {
  switch (request_.request_case()) {
    case v1::InteractRequest::kInput:
      execution.Write(std::move(*request_.mutable_input()));
      return false;  // OnInputTaken reads on
    case v1::InteractRequest::kEndOfInput:
      execution.EndInput();
      break;
    case v1::InteractRequest::kWindowSize:
      execution.Resize(ReadWindowSize(request_.window_size()));
      break;
    case v1::InteractRequest::kSignal:
      execution.Signal(request_.signal());
      break;
    case v1::InteractRequest::kStart:
    case v1::InteractRequest::REQUEST_NOT_SET:
      break;  // CheckInteraction rejects them
  }
  return true;
}

void InteractReactor::ReadOn() {
  {
    MutexLock lock(mutex_);
    if (has_ended_) return;
    is_starting_read_ = true;
  }
  TsanRelease(this);
  StartRead(&request_);
  std::function<void()> end;
  {
    MutexLock lock(mutex_);
    is_starting_read_ = false;
    end.swap(end_);
  }
  if (end) end();
}

void InteractReactor::End(std::function<void()> end) {
  {
    MutexLock lock(mutex_);
    has_ended_ = true;
    if (is_starting_read_) {
      end_ = std::move(end);
      return;
    }
  }
  end();
}

void InteractReactor::WriteEvent(v1::ExecuteEvent& event, bool last) {
  event_.mutable_event()->Swap(&event);
  TsanRelease(this);
  if (last) {
    End([this] { StartWriteAndFinish(&event_, grpc::WriteOptions(), grpc::Status::OK); });
  } else {
    StartWrite(&event_);
  }
}

void InteractReactor::FinishCall(const grpc::Status& status) {
  End([this, status] { Finish(status); });
}

void InteractReactor::OnWriteDone(bool ok) {
  TsanAcquire(this);
  queue_.OnWritten(ok);
}

void InteractReactor::OnCancel() { queue_.Abandon(grpc::Status::CANCELLED); }

void InteractReactor::OnDone() {
  TsanAcquire(this);
  queue_.Close();
  OpenCalls& open_calls = open_calls_;
  self_.reset();
  open_calls.Remove();
}

}  // namespace muster::server
