// What a key of a configuration file is called, however it is written.
#pragma once

#include <absl/strings/string_view.h>

#include <string>

namespace muster {

// "PLUGINS" is plugins, "log-level" is log_level. What follows a '.' is the name of a kind, and
// stays.
std::string CanonicalKey(absl::string_view key);

}  // namespace muster
