// How wide a text is on a terminal: two columns for 日, none for a combining mark. Of text that was
// made harmless before (OneLine): what is no UTF-8, or no character that is shown, counts as one
// column. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <cstddef>

namespace muster::clustershell {

// In columns.
std::size_t DisplayWidth(absl::string_view text);

// How many bytes the longest beginning has that is not wider, with all marks that belong to it.
std::size_t BytesWithin(absl::string_view text, std::size_t columns);

}  // namespace muster::clustershell
