#include "server/service/identity_table.h"

#include <absl/strings/numbers.h>

namespace muster::server {
namespace {

std::shared_ptr<const Identity> Nobody() {
  Identity nobody;
  nobody.uid = static_cast<uid_t>(-1);
  nobody.name = "nobody";
  nobody.why_no_jobs = "clusterd does not know who asks";
  return std::make_shared<const Identity>(std::move(nobody));
}

}  // namespace

std::size_t IdentityTable::Add(Identity identity) {
  MutexLock lock(mutex_);
  identities_.push_back(std::make_shared<const Identity>(std::move(identity)));
  return identities_.size() - 1;
}

std::shared_ptr<const Identity> IdentityTable::At(std::size_t number) const {
  MutexLock lock(mutex_);
  return number < identities_.size() ? identities_[number] : nullptr;
}

std::shared_ptr<const Identity> IdentityTable::Of(const grpc::ServerContextBase& context) const {
  const auto auth = context.auth_context();
  if (auth == nullptr) return Nobody();
  const std::vector<grpc::string_ref> values = auth->FindPropertyValues(kProperty);
  std::size_t number = 0;
  if (values.size() != 1 ||
      !absl::SimpleAtoi(absl::string_view(values[0].data(), values[0].size()), &number)) {
    return Nobody();
  }
  auto identity = At(number);
  return identity != nullptr ? identity : Nobody();
}

}  // namespace muster::server
