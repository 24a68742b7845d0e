// Paths that begin with what was typed, for completion. Main thread.
#pragma once

#include <string>
#include <vector>

#include "shell/shell.h"

namespace muster::clustershell {

// Of this machine; folders have a slash at their end. "~/" stays as it was typed.
std::vector<std::string> PathsHere(const std::string& typed);

// Of the first node that the target names. It is asked once, and for a second at most; a target
// that only the nodes themselves can answer is not asked for.
std::vector<std::string> PathsOfNode(Shell& shell, const std::string& target,
                                     const std::string& typed);

}  // namespace muster::clustershell
