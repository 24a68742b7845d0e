// RunFlags: the flags that say how a line is sent: to how many nodes at once, with which standard
// input, whether at all. Pure; thread-safe.
#pragma once

#include <vector>

#include "shell/line_flags.h"

namespace muster::clustershell {

// In the order of the help.
const std::vector<LineFlag>& RunFlags();

}  // namespace muster::clustershell
