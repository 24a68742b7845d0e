// What a node wrote, made harmless for a terminal. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <string>

namespace muster::clustershell {

// Shows as text what a terminal would act on, so that no node can move the cursor, set the title or
// forge another node's line: control characters but tab and newline, DEL, and bytes that are no
// UTF-8 become \r, \x1b, …; the C1 controls U+0080 to U+009F become \u009b, …. All else stays.
std::string EscapeControls(absl::string_view text);

}  // namespace muster::clustershell
