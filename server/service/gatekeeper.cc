#include "server/service/gatekeeper.h"

#include <absl/strings/str_cat.h>

#include "server/service/method_roles.h"

namespace muster::server {
namespace {

// What HTTP/2 adds to each field.
constexpr std::size_t kFieldOverhead = 32;
// Of a path in a message, which may be as long as a peer likes.
constexpr std::size_t kShownPathBytes = 64;

}  // namespace

grpc::Status Gatekeeper::Process(const InputMetadata& metadata, grpc::AuthContext* context,
                                 OutputMetadata*, OutputMetadata*) {
  const auto identity = identities_.At(static_cast<std::size_t>(number_.load()));
  if (identity == nullptr) {
    return {grpc::StatusCode::PERMISSION_DENIED, "clusterd does not know who asks"};
  }
  if (grpc::Status status = Check(*identity, metadata); !status.ok()) {
    on_denied_(*identity, status.error_message());
    return status;
  }
  MutexLock lock(mutex_);
  // Once for each connection: properties only ever add up.
  if (context->FindPropertyValues(IdentityTable::kProperty).empty()) {
    context->AddProperty(IdentityTable::kProperty, absl::StrCat(number_.load()));
    context->SetPeerIdentityPropertyName(IdentityTable::kProperty);
  }
  return grpc::Status::OK;
}

grpc::Status Gatekeeper::Check(const Identity& identity, const InputMetadata& metadata) const {
  std::size_t bytes = 0;
  for (const auto& [key, value] : metadata) bytes += key.size() + value.size() + kFieldOverhead;
  if (bytes > kMaxMetadataBytes) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            absl::StrCat("the call's metadata has ", bytes, " bytes; at most ", kMaxMetadataBytes,
                         " are taken")};
  }
  const auto paths = metadata.equal_range(":path");
  if (paths.first == paths.second || std::next(paths.first) != paths.second) {
    return {grpc::StatusCode::PERMISSION_DENIED, "a call names one method"};
  }
  const absl::string_view path(paths.first->second.data(), paths.first->second.size());
  const std::optional<Role> needed = RoleForMethod(path);
  if (!needed) {
    return {grpc::StatusCode::PERMISSION_DENIED,
            absl::StrCat("no role may call ", path.substr(0, kShownPathBytes))};
  }
  if (identity.role >= *needed) return grpc::Status::OK;
  return {grpc::StatusCode::PERMISSION_DENIED,
          absl::StrCat(path.substr(path.rfind('/') + 1), " takes the role ", RoleName(*needed),
                       ", and user ", identity.name, " has the role ", RoleName(identity.role),
                       " here, by ", identity.rule, "; ask whoever runs this clusterd")};
}

}  // namespace muster::server
