// EventStream: one attempt of one execution on the wire: sends the request, hands on the events. It
// hides gRPC's stream types, which are final and cannot be faked, and knows nothing of what the
// events mean. Thread-safe. Lives until gRPC is done with it, whoever else lets go.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <optional>

#include "muster/v1/node.pb.h"

namespace muster {

class EventStream {
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

  virtual ~EventStream() = default;

  // Once. `guard`: when a node that does not answer is given up; none: only when its connection is
  // found dead. `self` is this.
  virtual void Start(const v1::ExecuteRequest& request,
                     std::optional<std::chrono::milliseconds> guard,
                     std::shared_ptr<EventStream> self) = 0;
  // Once for each time that OnEvent said no.
  virtual void ReadOn() = 0;
  // Client gone: the node stops the execution. OnEnd still comes. Before Start too.
  virtual void Break() = 0;
};

}  // namespace muster
