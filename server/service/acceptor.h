// Acceptor: our own accept loop. gRPC's would never recover from running out of descriptors and
// knows no uid. It checks who connects (SO_PEERCRED and SO_PEERGROUPS against the access rules) and
// whether there is room for one more, and hands the descriptor to the gRPC server of that identity.
// Started and stopped on the main thread; one thread of its own.
#pragma once

#include <grpcpp/server_builder.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "common/unique_fd.h"
#include "server/identity/access_rules.h"
#include "server/service/connection_table.h"
#include "server/service/identity_server.h"
#include "server/service/refusal_log.h"

namespace muster::server {

class Acceptor {
 public:
  // What makes the server of an identity at its first connection; null: it cannot be made.
  using MakeServer = std::function<std::unique_ptr<IdentityServer>(const Identity&)>;

  // The rules and the table outlive it.
  Acceptor(int listening_fd, const AccessRules& rules, ConnectionTable& connections,
           MakeServer make_server);
  ~Acceptor();  // as Stop

  // Again after Stop, too.
  void Start();
  // Takes no more connections. Before a server's Shutdown: a descriptor that is handed over later
  // is neither served nor closed.
  void Stop();
  // Once it has stopped.
  const std::map<Identity, std::unique_ptr<IdentityServer>>& servers() const { return servers_; }

 private:
  void Run();
  // How long the loop may sleep, in milliseconds, -1 for ever; looks at the connections when it is
  // time for that.
  int LookAtConnections();
  void Accept();
  void HandOver(UniqueFd connection);
  void MakeRoom();
  // Says why when it has to be closed.
  bool HasRoom(const ucred& peer, const UniqueFd& copy);
  // Null: it cannot be served, and the log has why.
  IdentityServer* ServerOf(const Identity& identity);

  const int listening_fd_;
  const AccessRules& rules_;
  UniqueFd stop_;     // eventfd
  UniqueFd reserve_;  // given up to accept and close a connection when there is no other descriptor
  std::map<Identity, std::unique_ptr<IdentityServer>> servers_;
  ConnectionTable& connections_;
  const MakeServer make_server_;
  RefusalLog log_;
  std::chrono::steady_clock::time_point next_look_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace muster::server
