// ScriptedNode: a LaneNode whose script may speak of the node itself, and what scripts of the fast
// lane often do. For the tests of the client's end.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/lane_node.h"

namespace muster::test {

namespace v1 = muster::v1;

using Message = v1::ExecuteManyRequest;
using Answer = v1::ExecuteManyEvent;

// Answers every request of each message with its source as the value, in one message.
inline grpc::Status Echo(const LaneNode& node, LaneNode::Stream* stream) {
  node.Open(stream);
  Message request;
  while (stream->Read(&request)) {
    Answer answer;
    for (const v1::ExecuteRequest& one : request.requests()) {
      LaneNode::Outcome(&answer, one.id().sequence(), one.python().source());
    }
    if (answer.events_size() > 0) stream->Write(answer);
  }
  return grpc::Status::OK;
}

// A node that is told to a script before it is there.
struct Scripted {
  using Script = std::function<grpc::Status(const LaneNode&, int, const Message&,
                                            grpc::ServerContext*, LaneNode::Stream*)>;
  explicit Scripted(Script script)
      : node([this, script = std::move(script)](int number, const Message& first,
                                                grpc::ServerContext* context,
                                                LaneNode::Stream* stream) {
          return script(node, number, first, context, stream);
        }) {}
  ClusterAPI& cluster() { return node.cluster(); }
  LaneNode node;
};

inline Scripted::Script JustEcho() {
  return [](const LaneNode& node, int, const Message&, grpc::ServerContext*,
            LaneNode::Stream* stream) { return Echo(node, stream); };
}

// Reads until `count` requests have come; their sequence numbers, in order.
inline std::vector<std::uint64_t> ReadRequests(LaneNode::Stream* stream, std::size_t count) {
  std::vector<std::uint64_t> sequences;
  Message message;
  while (sequences.size() < count && stream->Read(&message)) {
    for (const v1::ExecuteRequest& one : message.requests()) {
      sequences.push_back(one.id().sequence());
    }
  }
  return sequences;
}

inline void Drain(LaneNode::Stream* stream) {
  Message message;
  while (stream->Read(&message)) {
  }
}

inline std::string Text(Call& call) { return call.wait().value().text() + call.wait().reason; }

}  // namespace muster::test
