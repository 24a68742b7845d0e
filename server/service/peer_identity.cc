#include "server/service/peer_identity.h"

#include <absl/strings/numbers.h>

#include <string>
#include <vector>

namespace muster::server {
namespace {
constexpr char kUidProperty[] = "muster-uid";
}  // namespace

grpc::Status UidProcessor::Process(const InputMetadata&, grpc::AuthContext* context,
                                   OutputMetadata*, OutputMetadata*) {
  MutexLock lock(mutex_);
  // Once for each connection: properties only ever add up.
  if (context->FindPropertyValues(kUidProperty).empty()) {
    context->AddProperty(kUidProperty, std::to_string(uid_.load()));
    context->SetPeerIdentityPropertyName(kUidProperty);
  }
  return grpc::Status::OK;
}

uid_t CallerOf(const grpc::ServerContextBase& context) {
  const auto auth = context.auth_context();
  if (auth == nullptr) return static_cast<uid_t>(-1);
  const std::vector<grpc::string_ref> values = auth->FindPropertyValues(kUidProperty);
  uid_t uid = 0;
  if (values.size() != 1 ||
      !absl::SimpleAtoi(absl::string_view(values[0].data(), values[0].size()), &uid)) {
    return static_cast<uid_t>(-1);
  }
  return uid;
}

}  // namespace muster::server
