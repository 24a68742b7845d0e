#include "common/words.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>

#include "common/status_macros.h"

namespace muster {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Moves what stands up to the closing quote from `line` to the end of `word`.
absl::Status TakeQuoted(char quote, absl::string_view& line, std::string& word) {
  while (!line.empty() && line[0] != quote) {
    const bool escapes =
        quote == '"' && line[0] == '\\' && line.size() > 1 && (line[1] == '"' || line[1] == '\\');
    if (escapes) line.remove_prefix(1);
    word += line[0];
    line.remove_prefix(1);
  }
  if (line.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the quote ", absl::string_view(&quote, 1), " is not closed"));
  }
  line.remove_prefix(1);
  return absl::OkStatus();
}

}  // namespace

absl::Status TakeWord(absl::string_view& line, std::string& word) {
  while (!line.empty() && !IsBlank(line[0])) {
    const char c = line[0];
    line.remove_prefix(1);
    if (c == '\'' || c == '"') {
      RETURN_IF_ERROR(TakeQuoted(c, line, word));
      continue;
    }
    if (c == '\\' && line.empty()) {
      return absl::InvalidArgumentError("the line ends with a backslash; write \\\\ for one");
    }
    word += c == '\\' ? line[0] : c;
    if (c == '\\') line.remove_prefix(1);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SplitWords(absl::string_view line) {
  std::vector<std::string> words;
  for (line = StripBlanks(line); !line.empty(); line = StripBlanks(line)) {
    std::string word;
    RETURN_IF_ERROR(TakeWord(line, word));
    words.push_back(std::move(word));
  }
  return words;
}

absl::string_view StripBlanks(absl::string_view line) {
  const auto first = std::find_if_not(line.begin(), line.end(), IsBlank);
  line.remove_prefix(static_cast<std::size_t>(first - line.begin()));
  return line;
}

std::pair<absl::string_view, absl::string_view> SplitFirst(absl::string_view line) {
  line = StripBlanks(line);
  const auto end = std::find_if(line.begin(), line.end(), IsBlank);
  const auto length = static_cast<std::size_t>(end - line.begin());
  return {line.substr(0, length), StripBlanks(line.substr(length))};
}

}  // namespace muster
