// What an environment variable may be called. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

namespace muster {

// `[A-Za-z_][A-Za-z0-9_]*`.
bool IsVariableName(absl::string_view name);

// Makes the dynamic linker, a shell or an interpreter run code before the program that was asked
// for: LD_PRELOAD, PYTHONPATH, BASH_ENV and the like.
bool LoadsCode(absl::string_view name);

}  // namespace muster
