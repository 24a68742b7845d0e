// The C++ programs that are built in. To add one: link its library, and put it into the list in
// program_list.cc. Programs of the user's own: shell/programs.
#pragma once

#include <absl/strings/string_view.h>

#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

const std::vector<Program>& Programs();

// Null when there is none of this name.
const Program* ProgramNamed(absl::string_view name);

}  // namespace muster::clustershell
