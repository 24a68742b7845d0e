// A line whose first word is no command of ours: a program by its own name, a command of this
// machine, one that another shell had, or a slip of the fingers. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include "shell/shell.h"

namespace muster::clustershell {

// `name` is the first word of `line`. Returns the exit code.
int RunOtherLine(Shell& shell, absl::string_view name, absl::string_view line);

}  // namespace muster::clustershell
