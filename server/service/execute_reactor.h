// ExecuteReactor: one Execute call, as gRPC wants it; what is written, and when, is the queue's
// business. Its own owner until gRPC's OnDone.
#pragma once

#include <memory>

#include "muster/v1/node.grpc.pb.h"
#include "server/service/event_queue.h"
#include "server/service/open_calls.h"

namespace muster::server {

class ExecuteReactor : public grpc::ServerWriteReactor<v1::ExecuteEvent>,
                       private EventQueue::Writer {
 public:
  static std::shared_ptr<ExecuteReactor> Make(EventLoop& loop, OpenCalls& open_calls);

  // Good as long as somebody holds it, or the call lasts.
  std::shared_ptr<EventQueue> queue();

 private:
  ExecuteReactor(EventLoop& loop, OpenCalls& open_calls)
      : open_calls_(open_calls), queue_(loop, *this) {}

  // EventQueue::Writer
  void WriteEvent(v1::ExecuteEvent& event, bool last) override;
  void FinishCall(const grpc::Status& status) override;

  // grpc::ServerWriteReactor
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  OpenCalls& open_calls_;
  EventQueue queue_;
  std::shared_ptr<ExecuteReactor> self_;  // until OnDone
};

}  // namespace muster::server
