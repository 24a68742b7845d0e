// A line cut into words, as a user of a shell expects. Pure; thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <string>
#include <utility>
#include <vector>

namespace muster {

// Words are separated by blanks. '…' keeps everything; "…" keeps everything but \" and \\; outside
// of both a backslash keeps the character after it. Nothing is expanded. InvalidArgument: a quote
// is not closed, or the line ends with a backslash.
absl::StatusOr<std::vector<std::string>> SplitWords(absl::string_view line);

// Moves the word at the start of `line`, of which it is the rest then, to the end of `word`. Errors
// as above.
absl::Status TakeWord(absl::string_view& line, std::string& word);

// The first word of a line, and the rest of it: untouched, but for the blanks in front.
std::pair<absl::string_view, absl::string_view> SplitFirst(absl::string_view line);

// Without the blanks in front.
absl::string_view StripBlanks(absl::string_view line);

}  // namespace muster
