// LaneReactor: one ExecuteMany call, as gRPC wants it: carries a lane. Reads a message when the
// lane has taken the one before. On the event loop's thread, but for gRPC's reactions. Its own
// owner until gRPC's OnDone.
#pragma once

#include <google/protobuf/arena.h>

#include <functional>
#include <memory>

#include "muster/v1/node.grpc.pb.h"
#include "server/execution/event_loop.h"
#include "server/service/lane.h"
#include "server/service/open_calls.h"

namespace muster::server {

class LaneReactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                          private Lane::Carrier {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // The lane that the first message opens, which carries the call then; or why not. `opened` is
    // what the client is told.
    virtual grpc::Status OpenLane(const v1::ExecuteManyRequest& first, Lane::Carrier& carrier,
                                  std::shared_ptr<Lane>& lane, v1::LaneOpened& opened) = 0;
    virtual grpc::Status TakeRequests(const std::shared_ptr<Lane>& lane,
                                      v1::ExecuteManyRequest& message) = 0;
  };

  static std::shared_ptr<LaneReactor> Make(EventLoop& loop, OpenCalls& open_calls,
                                           std::unique_ptr<Handler> handler);

 private:
  LaneReactor(EventLoop& loop, OpenCalls& open_calls, std::unique_ptr<Handler> handler)
      : loop_(loop), open_calls_(open_calls), handler_(std::move(handler)) {}

  void HandleRead(bool ok);
  void Open();
  void Read();
  void Reject(const grpc::Status& status);

  // Lane::Carrier
  void Write(const grpc::ByteBuffer& message) override;
  void Finish(const grpc::Status& status) override;

  // grpc::ServerBidiReactor
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  EventLoop& loop_;
  OpenCalls& open_calls_;
  const std::unique_ptr<Handler> handler_;
  std::shared_ptr<LaneReactor> self_;  // until OnDone
  std::shared_ptr<Lane> lane_;
  google::protobuf::Arena arena_;  // of one request after the other
  v1::ExecuteManyRequest* request_ = nullptr;
  grpc::ByteBuffer read_;
  grpc::ByteBuffer written_;
  bool is_opened_ = false;    // that was written
  bool is_finished_ = false;  // the call's end was said
};

}  // namespace muster::server
