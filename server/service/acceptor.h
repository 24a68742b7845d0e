// Acceptor: our own accept loop. gRPC's would never recover from running out of descriptors and
// knows no uid. It checks who connects (SO_PEERCRED and SO_PEERGROUPS against the access rules),
// and hands the descriptor to the gRPC acceptor that belongs to that identity. Prepare and Start on
// the main thread; one thread of its own.
#pragma once

#include <grpcpp/server_builder.h>
#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "common/silent_socket.h"
#include "common/unique_fd.h"
#include "server/identity/access_rules.h"
#include "server/service/gatekeeper.h"

namespace muster::server {

class Acceptor {
 public:
  Acceptor(int listening_fd, const AccessRules& rules, IdentityTable& identities,
           Gatekeeper::Denied on_denied);
  ~Acceptor();  // as Stop

  // Before the server is built: gRPC takes acceptors only then.
  void Prepare(grpc::ServerBuilder& builder);
  // After the server was started.
  void Start();
  // Takes no more connections. Before the server's Shutdown: a descriptor that is handed over later
  // is neither served nor closed.
  void Stop();

 private:
  struct Slot {
    std::shared_ptr<Gatekeeper> gatekeeper;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
  };

  // A descriptor of our own, until the connection ends.
  struct Connection {
    UniqueFd socket;
    SilentSocket silence;
  };

  void Run();
  void LookAtConnections();
  void Accept();
  void HandOver(UniqueFd connection);
  void MakeRoom();
  Slot* SlotOf(const Identity& identity);

  const int listening_fd_;
  const AccessRules& rules_;
  IdentityTable& identities_;
  const Gatekeeper::Denied on_denied_;
  UniqueFd stop_;     // eventfd
  UniqueFd reserve_;  // given up to accept and close a connection when there is no other descriptor
  std::vector<Slot> slots_;
  std::map<Identity, Slot*> slot_of_;
  std::vector<Connection> connections_;
  std::chrono::steady_clock::time_point next_look_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace muster::server
