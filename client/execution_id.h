// The text of an execution's id, as MUSTER_EXECUTION has it: the stream id as 32 lowercase hex
// digits, '-', the sequence number from 1. Pure functions, but for the one that draws lots.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "muster/v1/node.pb.h"

namespace muster {

// 16 random bytes.
std::string NewStreamId();

std::string ToText(const v1::ExecutionId& id);

// InvalidArgument says what an id looks like.
absl::StatusOr<v1::ExecutionId> ParseExecutionId(const std::string& text);

}  // namespace muster
