// `put` and `get`, with and without a target in front: reads the line, has it done, shows how far
// it has come, and tells what could not be copied. Lives on the main thread.
#pragma once

#include <absl/strings/string_view.h>

#include "client/ClusterAPI.h"
#include "shell/shell.h"

namespace muster::clustershell {

enum class Direction { kPut, kGet };

// `rest`: flags, sources and destination. `given`: what flags in front of the word said. Returns
// the exit code.
int TransferOnNodes(Shell& shell, Direction direction, absl::string_view target,
                    absl::string_view rest, const ExecuteOptions& given = {});

}  // namespace muster::clustershell
