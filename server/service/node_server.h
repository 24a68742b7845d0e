// NodeServer: the gRPC server of the daemon with its health service, its acceptor and the guard of
// its memory. Main thread.
#pragma once

#include <grpcpp/server.h>

#include <chrono>
#include <memory>

#include "server/service/acceptor.h"
#include "server/service/connection_table.h"
#include "server/service/memory_guard.h"
#include "server/service/node_service.h"
#include "server/service/starvation_guard.h"

namespace muster::server {

class NodeServer {
 public:
  // `audit`: null, or where everything that runs is recorded.
  NodeServer(EventLoop& loop, ExecutionTable& table, PoolTable& pools, SessionTable& sessions,
             NodeFacts facts, const AccessRules& rules, AuditLog* audit, int listening_fd,
             const ConnectionCaps& caps);
  ~NodeServer();

  LaneCalls& lanes() { return service_.lanes(); }
  void Start();
  // Health says NOT_SERVING, so that clients leave. Connections are accepted and calls answered as
  // before: those who come now are to hear why nothing is started.
  void BeginDrain();
  // Takes no more connections. Waits at most `time` for the calls to end, and a moment for clients
  // to leave, then ends what is left.
  void Shutdown(std::chrono::milliseconds time);

 private:
  UniqueFd ConnectToSelf();

  bool is_draining_ = false;  // written while the acceptor's thread does not run
  NodeService service_;
  ConnectionTable connections_;
  Acceptor acceptor_;
  MemoryGuard guard_;
  std::unique_ptr<IdentityServer> own_;  // for questions of our own
  StarvationGuard starvation_guard_;
};

}  // namespace muster::server
