// Acceptor: our own accept loop. gRPC's would never recover from running out of descriptors and
// knows no uid. It checks who connects (SO_PEERCRED: this user and root) and whether there is room
// for one more, and hands the descriptor to the gRPC acceptor that belongs to that uid. Prepare and
// Start on the main thread; one thread of its own.
#pragma once

#include <grpcpp/server_builder.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "common/unique_fd.h"
#include "server/service/connection_table.h"
#include "server/service/peer_identity.h"
#include "server/service/refusal_log.h"

namespace muster::server {

class Acceptor {
 public:
  // The table outlives it.
  Acceptor(int listening_fd, ConnectionTable& connections);
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
    std::shared_ptr<UidProcessor> processor;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
  };

  void Run();
  // How long the loop may sleep, in milliseconds, -1 for ever; looks at the connections when it is
  // time for that.
  int LookAtConnections();
  void Accept();
  void HandOver(UniqueFd connection);
  void MakeRoom();
  // Says why when it has to be closed.
  bool HasRoom(const ucred& peer, const UniqueFd& copy);
  Slot* SlotOf(uid_t uid);

  const int listening_fd_;
  UniqueFd stop_;     // eventfd
  UniqueFd reserve_;  // given up to accept and close a connection when there is no other descriptor
  std::vector<Slot> slots_;
  std::map<uid_t, Slot*> slot_of_uid_;
  ConnectionTable& connections_;
  RefusalLog log_;
  std::chrono::steady_clock::time_point next_look_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace muster::server
