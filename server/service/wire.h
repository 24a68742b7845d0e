// The only conversions between the messages of node.proto and the daemon's own nouns, and the only
// check of what a client sent. Stateless; thread-safe.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "muster/v1/node.pb.h"
#include "server/execution/execution_request.h"
#include "server/execution/execution_sink.h"
#include "server/execution/outcome.h"

namespace muster::server {

// The request breaks the contract of the rpc: an error of the client library, not of its user.
struct Malformed {
  std::string message;
};
// The request is understood and not taken: an outcome.
struct Refusal {
  std::string reason;
};

// Checks sizes, characters and bounds, and what the caller's role takes.
std::variant<ExecutionRequest, Refusal, Malformed> ReadRequest(const v1::ExecuteRequest& message,
                                                               const Identity& caller);

// What it asks for of the node's slots. A text: why it is not taken.
std::optional<std::string> ReadResources(const v1::ExecuteRequest& message,
                                         const std::vector<Slot>& slots, ExecutionRequest& request);

ExecutionKey ReadKey(const v1::ExecutionId& id, uid_t caller);
void WriteKey(const ExecutionKey& key, v1::ExecutionId& id);

LaunchRequest::Form ReadForm(v1::PythonSource::Form form);
std::optional<std::chrono::milliseconds> ReadDeadline(const v1::ExecuteRequest& message);
std::chrono::milliseconds ReadGrace(const v1::ExecuteRequest& message);

v1::ExecuteEvent WriteOutput(OutputStream stream, std::string data);
v1::ExecuteEvent WriteOutcome(const Outcome& outcome);
// Into an empty message.
void WriteOutcomeTo(const Outcome& outcome, v1::Outcome& message);

}  // namespace muster::server
