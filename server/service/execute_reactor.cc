#include "server/service/execute_reactor.h"

#include "common/tsan.h"

namespace muster::server {

std::shared_ptr<ExecuteReactor> ExecuteReactor::Make(EventLoop& loop, OpenCalls& open_calls) {
  std::shared_ptr<ExecuteReactor> reactor(new ExecuteReactor(loop, open_calls));
  open_calls.Add();
  reactor->self_ = reactor;
  TsanRelease(reactor.get());
  return reactor;
}

std::shared_ptr<EventQueue> ExecuteReactor::queue() { return {self_, &queue_}; }

void ExecuteReactor::WriteEvent(v1::ExecuteEvent& event, bool last) {
  TsanRelease(this);
  if (last) {
    StartWriteAndFinish(&event, grpc::WriteOptions(), grpc::Status::OK);
  } else {
    StartWrite(&event);
  }
}

void ExecuteReactor::FinishCall(const grpc::Status& status) { Finish(status); }

void ExecuteReactor::OnWriteDone(bool ok) {
  TsanAcquire(this);
  queue_.OnWritten(ok);
}

void ExecuteReactor::OnCancel() { queue_.Abandon(grpc::Status::CANCELLED); }

void ExecuteReactor::OnDone() {
  TsanAcquire(this);
  queue_.Close();
  OpenCalls& open_calls = open_calls_;
  self_.reset();
  open_calls.Remove();
}

}  // namespace muster::server
