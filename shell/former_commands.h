// Commands of python_cluster's and dustcluster's prompts that are not offered, and what is there
// instead. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

namespace muster::clustershell {

struct FormerCommand {
  const char* name;
  const char* origin;   // whose it was
  const char* instead;  // as a sentence without its full stop
};

// Null when there was none of this name.
const FormerCommand* FindFormerCommand(absl::string_view name);

}  // namespace muster::clustershell
