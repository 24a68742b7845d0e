// ExecutionStream: one attempt of one execution on the wire: sends the request, hands on the
// events. It hides gRPC's stream types, which are final and cannot be faked, and knows nothing of
// what the events mean. Thread-safe. Lives until gRPC is done with it, whoever else lets go.
#pragma once

#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <memory>
#include <optional>

#include "client/connection.h"
#include "muster/v1/node.pb.h"

namespace muster {

class ExecutionStream final : private grpc::ClientReadReactor<v1::ExecuteEvent> {
 public:
  // What comes of it, one reaction at a time, on threads of gRPC. Reactions must not block.
  class Events {
   public:
    virtual ~Events() = default;
    // The event may be taken apart. Whether to read on; if not, ReadOn has to be said later.
    virtual bool OnEvent(v1::ExecuteEvent& event) = 0;
    // The last one.
    virtual void OnEnd(const grpc::Status& status) = 0;
  };

  ExecutionStream(std::shared_ptr<Connection> connection, std::shared_ptr<Events> events)
      : connection_(std::move(connection)), events_(std::move(events)) {}

  // Once. `guard`: when a node that does not answer is given up; none: only when its connection is
  // found dead. `self` is this.
  void Start(const v1::ExecuteRequest& request, std::optional<std::chrono::milliseconds> guard,
             std::shared_ptr<ExecutionStream> self);
  // Once for each time that OnEvent said no.
  void ReadOn();
  // Client gone: the node stops the execution. OnEnd still comes. Before Start too.
  void Break() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  const std::shared_ptr<Connection> connection_;
  std::shared_ptr<Events> events_;         // until OnDone
  std::shared_ptr<ExecutionStream> self_;  // until OnDone
  grpc::ClientContext context_;
  v1::ExecuteEvent event_;
};

}  // namespace muster
