#include "common/config_line.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include <algorithm>

namespace muster {

bool IsAccountName(absl::string_view name) {
  return !name.empty() && name.size() <= 256 && name[0] != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  absl::StrContains("_.@$\\+-", c);
         });
}

bool IsBlankOrComment(absl::string_view line) {
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(line);
  return text.empty() || text.front() == ';' || text.front() == '#';
}

absl::string_view WithoutInlineComment(absl::string_view line) {
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == ';' && absl::ascii_isspace(line[i - 1])) line = line.substr(0, i);
  }
  return absl::StripTrailingAsciiWhitespace(line);
}

}  // namespace muster
