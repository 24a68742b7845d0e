// NodeServer: the gRPC server of the daemon with its health service and its acceptor. Main thread.
#pragma once

#include <grpcpp/server.h>

#include <chrono>
#include <memory>

#include "server/service/acceptor.h"
#include "server/service/node_service.h"

namespace muster::server {

class NodeServer {
 public:
  // `audit`: null, or where everything that runs is recorded.
  NodeServer(EventLoop& loop, ExecutionTable& table, SessionTable& sessions, NodeFacts facts,
             const AccessRules& rules, AuditLog* audit, int listening_fd);
  ~NodeServer();

  // False: gRPC did not start; it has logged why.
  bool Start();
  // No new connections; health says NOT_SERVING. Calls go on.
  void StopAccepting();
  // Waits at most `time` for the calls to end, then ends those that are left.
  void Shutdown(std::chrono::milliseconds time);

 private:
  IdentityTable identities_;
  NodeService service_;
  Acceptor acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace muster::server
