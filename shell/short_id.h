// Ids of executions as a person reads and types them: of the 32 hex digits in front of the '-' only
// the first ones. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <vector>

namespace muster::clustershell {

// The ids in the same order, all shortened to as many hex digits as tell them apart; at least
// eight.
std::vector<std::string> Shorten(const std::vector<std::string>& ids);

// Whether it looks like an id, whole or shortened to at least one hex digit.
bool IsIdOrShort(absl::string_view text);

// Whether the text is that id, whole or shortened.
bool Means(absl::string_view text, absl::string_view id);

}  // namespace muster::clustershell
