// What an environment variable may be called. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

namespace muster {

// `[A-Za-z_][A-Za-z0-9_]*`.
bool IsVariableName(absl::string_view name);

}  // namespace muster
