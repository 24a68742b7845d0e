// The only conversions between the messages of the wire and the public types, on the client's side.
// Pure functions. Messages are taken apart (user data is moved out of them, not copied).
#pragma once

#include <string>

#include "client/ClusterAPI.h"
#include "muster/v1/node.pb.h"

namespace muster::wire {

// All but the id and the incarnation. `node` may be empty: whichever node answers.
v1::ExecuteRequest ToRequest(const Command& command, const ExecuteOptions& options,
                             const std::string& node);

Event TakeEvent(v1::Output& output);

// `value`: the joined pieces of the value. A kind this library does not know becomes kLost, saying
// so.
Outcome TakeOutcome(v1::Outcome& outcome, std::string value, const std::string& node);

NodeCheck ToCheck(const Node& node, const v1::DescribeResponse& response);

}  // namespace muster::wire
