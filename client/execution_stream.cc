#include "client/execution_stream.h"

#include <utility>

#include "common/tsan.h"

namespace muster {

void ExecutionStream::Start(const v1::ExecuteRequest& request,
                            std::optional<std::chrono::milliseconds> guard,
                            std::shared_ptr<EventStream> self) {
  self_ = std::move(self);
  if (guard) context_.set_deadline(std::chrono::system_clock::now() + *guard);
  connection_->stub().async()->Execute(&context_, &request, this);
  // The hold is for reads that begin outside a reaction (ReadOn). It goes when a read finds the
  // end, so there always has to be a read under way, or one that ReadOn still owes.
  AddHold();
  StartRead(&event_);
  TsanRelease(this);
  StartCall();
}

void ExecutionStream::ReadOn() {
  TsanRelease(this);
  StartRead(&event_);
}

void ExecutionStream::OnReadDone(bool ok) {
  TsanAcquire(this);
  if (!ok) {
    TsanRelease(this);
    RemoveHold();
    return;
  }
  // After a "no" another thread may be reading into event_ already: it is not touched again.
  if (events_->OnEvent(event_)) ReadOn();
}

void ExecutionStream::OnDone(const grpc::Status& status) {
  TsanAcquire(this);
  const std::shared_ptr<EventStream> self = std::move(self_);
  const std::shared_ptr<Events> events = std::move(events_);
  events->OnEnd(status);
}

}  // namespace muster
