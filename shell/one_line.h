// A text of any kind, as one line of a table. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>

namespace muster::clustershell {

// Escaped as EscapeControls does, newline and tab too (\n, \t).
std::string OneLine(absl::string_view text);

// The first `columns` characters of a line, the last of which is "…" when there were more. A
// character counts as one column, however wide it is.
std::string Cut(const std::string& line, std::size_t columns);

}  // namespace muster::clustershell
