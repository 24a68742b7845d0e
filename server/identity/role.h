// Role: what a caller may do; each role includes those before it. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <optional>

namespace muster::server {

enum class Role {
  kObserve,  // see what the node is, and what of one's own runs there
  kExec,     // run commands and Python, and stop one's own
  kFiles,    // put and get files
  kAdmin,    // see and stop what others run
};

// "observe", "exec", "files", "admin".
const char* RoleName(Role role);
std::optional<Role> ParseRole(absl::string_view name);

}  // namespace muster::server
