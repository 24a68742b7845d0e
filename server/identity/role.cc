#include "server/identity/role.h"

#include <array>

namespace muster::server {
namespace {
constexpr std::array<const char*, 4> kNames = {"observe", "exec", "files", "admin"};
}  // namespace

const char* RoleName(Role role) { return kNames[static_cast<std::size_t>(role)]; }

std::optional<Role> ParseRole(absl::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<Role>(i);
  }
  return std::nullopt;
}

}  // namespace muster::server
