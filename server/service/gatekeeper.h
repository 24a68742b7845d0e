// Gatekeeper: the one place that every rpc passes before anything of ours sees it: who it is, what
// that takes, and whether its metadata is small. gRPC knows no uid: each acceptor has credentials
// of its own, whose gatekeeper speaks for one identity.
#pragma once

#include <grpcpp/security/auth_metadata_processor.h>

#include <atomic>
#include <functional>
#include <string>

#include "common/mutex.h"
#include "server/service/identity_table.h"

namespace muster::server {

// The largest metadata of a call, counted as HTTP/2 does (RFC 9113, 6.5.2), bytes. gRPC has the
// same limit, and keeps it only once the peer has acknowledged it.
inline constexpr std::size_t kMaxMetadataBytes = 8u << 10;

// Thread-safe. The identity is set once, before the first connection of its acceptor.
class Gatekeeper : public grpc::AuthMetadataProcessor {
 public:
  // Gets what was denied to whom: "Execute: …".
  using Denied = std::function<void(const Identity&, const std::string&)>;

  Gatekeeper(const IdentityTable& identities, Denied on_denied)
      : identities_(identities), on_denied_(std::move(on_denied)) {}

  void set_identity(std::size_t number) { number_ = static_cast<long>(number); }

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* consumed, OutputMetadata* response) override
      MUSTER_EXCLUDES(mutex_);

 private:
  grpc::Status Check(const Identity& identity, const InputMetadata& metadata) const;

  const IdentityTable& identities_;
  const Denied on_denied_;
  std::atomic<long> number_{-1};
  // The context belongs to the connection and its calls come on several threads.
  Mutex mutex_;
};

}  // namespace muster::server
