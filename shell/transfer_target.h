// TakeTransferTarget: `put 1,3 file folder`, the order of dustcluster, beside `@1,3 put file
// folder`: whether the first word of a put or get without a target means nodes. Main thread.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "shell/shell.h"
#include "shell/transfer_on_nodes.h"

namespace muster::clustershell {

// Takes the target off the front of the words; "*" when they begin with a file. InvalidArgument: it
// could be both.
absl::StatusOr<std::string> TakeTransferTarget(Shell& shell, Direction direction,
                                               std::vector<std::string>& words);

}  // namespace muster::clustershell
