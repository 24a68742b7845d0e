// Terms FIELD=VALUE and FIELD!=VALUE of a target whose field hooks have registered. Main thread.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "shell/shell.h"

namespace muster::clustershell {

// The target with the names of the nodes in place of such terms; as it is when it has none, or no
// hooks are switched on. A value may have * and ?. NotFound: one of them means no node.
absl::StatusOr<std::string> WithHookFields(Shell& shell, const std::string& target);

}  // namespace muster::clustershell
