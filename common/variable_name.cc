#include "common/variable_name.h"

#include <absl/strings/ascii.h>

#include <algorithm>

namespace muster {

bool IsVariableName(absl::string_view name) {
  const auto is_letter = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; };
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), is_letter);
}

}  // namespace muster
