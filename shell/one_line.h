// A text of any kind, as one line of a table. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>

namespace muster::clustershell {

// Escaped as EscapeControls does, newline and tab too (\n, \t).
std::string OneLine(absl::string_view text);

// What of a line takes no more than so many columns of a terminal; its end is "…" when there was
// more.
std::string Cut(const std::string& line, std::size_t columns);

}  // namespace muster::clustershell
