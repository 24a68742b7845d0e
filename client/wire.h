// The only conversions between the messages of the wire and the public types, on the client's side.
// Pure functions. Messages are taken apart (user data is moved out of them, not copied).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "client/ClusterAPI.h"
#include "muster/v1/node.pb.h"

namespace muster::wire {

// Where a target stands among those of one call.
struct Place {
  std::uint32_t size = 1;  // how many they are
  std::uint32_t rank = 0;  // from 0
};

// All but the incarnation, and the id unless the options have a valid one. `node` may be empty:
// whichever node answers.
v1::ExecuteRequest ToRequest(const Command& command, const ExecuteOptions& options,
                             const std::string& node, const Place& place = {});

// The same of a transfer of files.
v1::ExecuteRequest ToRequest(v1::FileTransfer files, const TransferOptions& options,
                             const std::string& node, const Place& place = {});

v1::PythonSource::Form ToForm(Command::Form form);

v1::CancelRequest ToCancel(const v1::ExecutionId& id,
                           std::optional<std::chrono::milliseconds> grace);

Event TakeEvent(v1::Output& output);

// `value`: the joined pieces of the value. A kind this library does not know becomes kLost, saying
// so.
Outcome TakeOutcome(v1::Outcome& outcome, std::string value, const std::string& node);

Session ToSession(const v1::Session& session);

NodeCheck ToCheck(const Node& node, const v1::DescribeResponse& response);

}  // namespace muster::wire
