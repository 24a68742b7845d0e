// IdentityServer: the gRPC server that the connections of one identity get to. Made on its first
// connection; several of them share gRPC's threads. Accept on the acceptor's thread, the rest on
// the main thread when that has ended.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <memory>

#include "common/unique_fd.h"
#include "server/service/guarded_node.h"

namespace muster::server {

class IdentityServer {
 public:
  // Null: gRPC did not start; it has logged why.
  // `idle`: when a connection without a call is ended; 0: never.
  static std::unique_ptr<IdentityServer> Start(NodeService& node, Identity identity,
                                               const GuardedNode::Denied& on_denied,
                                               std::chrono::milliseconds idle);

  // Serves the connection, which does not block.
  void Accept(UniqueFd connection, int listening_fd);
  // Health says NOT_SERVING from now on, and those who watch it hear of it. Calls go on.
  void StopServing();
  // Ends the calls that are left.
  void Shutdown();

 private:
  IdentityServer(NodeService& node, Identity identity, const GuardedNode::Denied& on_denied)
      : service_(node, std::make_shared<const Identity>(std::move(identity)), on_denied) {}

  GuardedNode service_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace muster::server
