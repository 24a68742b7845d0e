// Lines that were left because their nodes wait for input: who waits is told, and answers find
// their line. Main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/shell.h"

namespace muster::clustershell {

// Tells what comes of a job in front of the prompt until it has ended, or all that is left of it
// waits for input, which is said. Returns the exit code.
int GoOn(Shell& shell, Job& job);

// Sends the line to the commands that wait on these nodes, and goes on with them. Empty: none
// waits. When only some do it asks; where nobody is to be asked it is an error, and nothing is
// sent.
std::optional<int> AnswerWaiting(Shell& shell, const std::vector<Node>& nodes,
                                 const std::string& line);

}  // namespace muster::clustershell
