// Which role each rpc takes: the one table. What is not in it is nobody's. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <optional>

#include "server/identity/role.h"

namespace muster::server {

// `path` as HTTP/2 has it: "/muster.v1.Node/Execute". Empty: denied to all.
std::optional<Role> RoleForMethod(absl::string_view path);

}  // namespace muster::server
