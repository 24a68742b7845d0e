// A program that runs here, on a private daemon of its own, and works with the current cluster: it
// can be stopped like everything else, and nothing of it stays. Main thread.
#pragma once

#include <string>
#include <vector>

#include "shell/shell.h"

namespace muster::clustershell {

// Runs the program in our working directory. It finds the current cluster through MUSTER_CONFIG,
// and our Python module through PYTHONPATH. What it writes passes through as it is, and escaped to
// a terminal. `title` is what it is called in messages. Returns its exit code; 128 + n when signal
// n killed it.
int RunLocalProgram(Shell& shell, const std::string& title,
                    const std::vector<std::string>& arguments);

}  // namespace muster::clustershell
