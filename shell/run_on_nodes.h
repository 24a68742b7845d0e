// One command on several nodes, from the first call to the last word about it. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <vector>

#include "client/ClusterAPI.h"
#include "shell/line_flags.h"
#include "shell/shell.h"

namespace muster::clustershell {

// Sends the command to all of the nodes at once, and tells what they write, the value of Python and
// how each ended as the options say. Ctrl-C stops it. Returns the exit code.
int RunOnNodes(Shell& shell, const std::vector<Node>& nodes, const Command& command,
               const LineOptions& options);

// The same on the nodes of a target. One that is wrong or names no node: says so and sends nothing.
int RunOnNodes(Shell& shell, absl::string_view target, const Command& command,
               const LineOptions& options);

}  // namespace muster::clustershell
