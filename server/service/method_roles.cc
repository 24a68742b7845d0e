#include "server/service/method_roles.h"

namespace muster::server {
namespace {

struct Entry {
  const char* path;
  Role role;
};

constexpr Entry kEntries[] = {
    {"/muster.v1.Node/Execute", Role::kExec},
    {"/muster.v1.Node/ExecuteMany", Role::kExec},
    {"/muster.v1.Node/Interact", Role::kExec},
    {"/muster.v1.Node/Cancel", Role::kExec},
    {"/muster.v1.Node/Describe", Role::kObserve},
    {"/muster.v1.Node/Transfer", Role::kFiles},
    {"/muster.v1.Node/OpenSession", Role::kExec},
    {"/muster.v1.Node/ListSessions", Role::kExec},
    {"/muster.v1.Node/CloseSession", Role::kExec},
    {"/grpc.health.v1.Health/Check", Role::kObserve},
    {"/grpc.health.v1.Health/Watch", Role::kObserve},
};

}  // namespace

std::optional<Role> RoleForMethod(absl::string_view path) {
  for (const Entry& entry : kEntries) {
    if (path == entry.path) return entry.role;
  }
  return std::nullopt;
}

}  // namespace muster::server
