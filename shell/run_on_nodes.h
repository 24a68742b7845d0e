// One command on several nodes, from the first call to the last word about it. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include "client/ClusterAPI.h"
#include "shell/shell.h"

namespace muster::clustershell {

// Sends the command to all nodes of the target at once. Prints what they write as it comes and, for
// Python, the value; then one line for each that failed, and a summary when there are several and
// not all are ok. Ctrl-C stops it. Returns the exit code. A target that is wrong or names no node:
// says so and sends nothing.
int RunOnNodes(Shell& shell, absl::string_view target, const Command& command,
               const ExecuteOptions& options);

}  // namespace muster::clustershell
