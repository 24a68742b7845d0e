#include "common/variable_name.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include <algorithm>

namespace muster {

bool IsVariableName(absl::string_view name) {
  const auto is_letter = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; };
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), is_letter);
}

bool LoadsCode(absl::string_view name) {
  constexpr absl::string_view kPrefixes[] = {"LD_", "PYTHON", "BASH_FUNC_", "GCONV_"};
  constexpr absl::string_view kNames[] = {
      "BASH_ENV", "ENV",      "SHELLOPTS", "BASHOPTS",   "PS4",     "PROMPT_COMMAND",
      "PERL5OPT", "PERL5LIB", "PERLLIB",   "RUBYOPT",    "RUBYLIB", "NODE_OPTIONS",
      "IFS",      "LOCPATH",  "NLSPATH",   "HOSTALIASES"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [&](absl::string_view prefix) { return absl::StartsWith(name, prefix); }) ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace muster
