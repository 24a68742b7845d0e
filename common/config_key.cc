#include "common/config_key.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

namespace muster {

std::string CanonicalKey(absl::string_view key) {
  const absl::string_view name = key.substr(0, key.find('.'));
  return absl::StrCat(absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"-", "_"}}),
                      key.substr(name.size()));
}

}  // namespace muster
