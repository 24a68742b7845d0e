// ReportFlags: the flags that say how what a line brings is told: live, folded, as JSON. Pure;
// thread-safe.
#pragma once

#include <vector>

#include "shell/line_flags.h"

namespace muster::clustershell {

// In the order of the help.
const std::vector<LineFlag>& ReportFlags();

}  // namespace muster::clustershell
