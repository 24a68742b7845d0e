#include "common/slot_name.h"

#include <absl/strings/ascii.h>

#include <algorithm>

namespace muster {

bool IsSlotName(absl::string_view name) {
  constexpr std::size_t kMostBytes = 64;
  const auto is_lower = [](unsigned char c) { return absl::ascii_islower(c); };
  return !name.empty() && name.size() <= kMostBytes &&
         is_lower(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [&](unsigned char c) {
           return is_lower(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

}  // namespace muster
