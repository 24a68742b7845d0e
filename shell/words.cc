#include "shell/words.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>

namespace muster::clustershell {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitWords(absl::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;  // "" is a word too
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool escapes = c == '\\' && quote != '\'';
    const char next = i + 1 < line.size() ? line[i + 1] : '\0';
    if (escapes && quote == '\0' && next == '\0') {
      return absl::InvalidArgumentError("the line ends with a backslash; write \\\\ for one");
    }
    if (escapes && (quote == '\0' || next == '"' || next == '\\')) {
      if (!word) word.emplace();
      *word += next;
      ++i;
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      if (!word) word.emplace();
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && IsBlank(c)) {
      if (word) words.push_back(*std::move(word));
      word.reset();
    } else {
      if (!word) word.emplace();
      *word += c;
    }
  }
  if (quote != '\0') {
    return absl::InvalidArgumentError(
        absl::StrCat("the quote ", absl::string_view(&quote, 1), " is not closed"));
  }
  if (word) words.push_back(*std::move(word));
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

}  // namespace muster::clustershell
