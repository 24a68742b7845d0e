// LaneStream: one attempt of the fast lane on the wire: an ExecuteMany call over one connection. It
// hides gRPC's stream types and knows nothing of what the messages mean. Thread-safe, but for what
// its methods say. Lives until gRPC is done with it, whoever else lets go.
#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <memory>

#include "client/node_link.h"
#include "client/value_message.h"
#include "common/mutex.h"
#include "muster/v1/node.pb.h"

namespace muster {

class LaneStream final : private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // What comes of it, on threads of gRPC. Reactions must not block.
  class Events {
   public:
    virtual ~Events() = default;
    // One at a time. The message may be taken apart.
    virtual void OnMessage(LaneStream& stream, v1::ExecuteManyEvent& message) = 0;
    // The same of a message that holds pieces of values only.
    virtual void OnValues(LaneStream& stream, const ValueMessage& message) = 0;
    // What Write was given is on its way, or lost with the stream.
    virtual void OnWritten(LaneStream& stream) = 0;
    // The last one.
    virtual void OnEnd(LaneStream& stream, const grpc::Status& status) = 0;
  };

  LaneStream(NodeLink::Lease lease, std::shared_ptr<Events> events);

  const std::shared_ptr<Connection>& connection() const { return lease_.connection(); }

  // Once. `self` is this.
  void Start(const grpc::ByteBuffer& first, std::shared_ptr<LaneStream> self);
  // After OnWritten has followed the one before. Of a stream that has ended it says nothing: OnEnd
  // does.
  void Write(const grpc::ByteBuffer& message);
  // Half-closes; nothing is to be written any more, or being written.
  void FinishWrites();
  // Client gone. OnEnd still comes.
  void Break() { context_.TryCancel(); }

 private:
  // Writes begin outside reactions, and must not begin when the hold is gone. False: it is.
  bool BeginWriting() MUSTER_EXCLUDES(mutex_);
  void EndWriting() MUSTER_EXCLUDES(mutex_);
  void OnReadDone(bool ok) override;
  // False: nothing can be made of it.
  bool TakeMessage();
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  NodeLink::Lease lease_;             // given back last
  std::shared_ptr<Events> events_;    // until OnDone
  std::shared_ptr<LaneStream> self_;  // until OnDone
  std::unique_ptr<char[]> first_block_;
  std::unique_ptr<google::protobuf::Arena> arena_;  // of one message after the other
  grpc::ByteBuffer read_;
  ValueMessage values_;
  grpc::ClientContext context_;
  grpc::ByteBuffer written_;

  Mutex mutex_;
  bool can_write_ MUSTER_GUARDED_BY(mutex_) = true;
  bool is_starting_write_ MUSTER_GUARDED_BY(mutex_) = false;
};

}  // namespace muster
