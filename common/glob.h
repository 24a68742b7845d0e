// Globs: * is any characters, ? is one byte, \ takes the next character as it is. Nothing else is
// special. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

namespace muster {

// Whether the whole text is what the glob describes. At most glob times text steps.
bool MatchesGlob(absl::string_view glob, absl::string_view text);

}  // namespace muster
