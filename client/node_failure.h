// What a failed rpc of an execution means, and when a node that says nothing is given up. Pure
// functions.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace muster {

// Codes with which a daemon refuses what it has not accepted: nothing was started.
bool IsRefusal(grpc::StatusCode code);

// The node counts the deadline; the guard is for a node that neither answers nor breaks the
// connection. It leaves a day for waiting in the node's queue. None: no deadline, or one so far
// that there is nothing to guard.
std::optional<std::chrono::milliseconds> GuardOf(std::optional<std::uint64_t> deadline_ms,
                                                 std::uint64_t grace_ms);

}  // namespace muster
