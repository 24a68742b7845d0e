// PeerIdentity: which uid a call comes from. gRPC does not know it: each acceptor has credentials
// of its own with a processor that writes the acceptor's uid into the auth context of every
// connection.
#pragma once

#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/server_context.h>
#include <sys/types.h>

#include <atomic>

#include "common/mutex.h"

namespace muster::server {

// Thread-safe. The uid is set once, before the first connection of its acceptor.
class UidProcessor : public grpc::AuthMetadataProcessor {
 public:
  void set_uid(uid_t uid) { uid_ = uid; }

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* consumed, OutputMetadata* response) override
      MUSTER_EXCLUDES(mutex_);

 private:
  std::atomic<uid_t> uid_{static_cast<uid_t>(-1)};
  // The context belongs to the connection and its calls come on several threads.
  Mutex mutex_;
};

// The caller of this rpc; -1 when no processor saw it, which no identity has.
uid_t CallerOf(const grpc::ServerContextBase& context);

}  // namespace muster::server
