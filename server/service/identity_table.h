// IdentityTable: the identities that have connected, by a small number that travels in the auth
// context of their connections. Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <memory>
#include <vector>

#include "common/mutex.h"
#include "server/identity/identity.h"

namespace muster::server {

class IdentityTable {
 public:
  // The property of the auth context that holds the number.
  static constexpr char kProperty[] = "muster-identity";

  std::size_t Add(Identity identity) MUSTER_EXCLUDES(mutex_);
  std::shared_ptr<const Identity> At(std::size_t number) const MUSTER_EXCLUDES(mutex_);
  // Who makes this call. Never null: a call that passed no gate is nobody's, and has no rights.
  std::shared_ptr<const Identity> Of(const grpc::ServerContextBase& context) const;

 private:
  mutable Mutex mutex_;
  std::vector<std::shared_ptr<const Identity>> identities_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster::server
