// ConnectionTable: the connections that live, whom they come from, and how many more there may be.
// It holds a descriptor of its own for each, to look at and to cut; reading and writing them is
// gRPC's. Decides nothing about who may connect. Thread-safe: the acceptor fills it, the memory
// guard looks.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/mutex.h"
#include "common/silent_socket.h"
#include "common/unique_fd.h"

namespace muster::server {

struct ConnectionCaps {
  std::size_t total = 512;
  std::size_t per_user = 64;
  // How long one may be without a call; gRPC counts that, per connection. 0: for ever.
  std::chrono::milliseconds idle = std::chrono::minutes(10);
};

class ConnectionTable {
 public:
  struct Peer {
    uid_t uid = 0;
    pid_t pid = 0;
  };
  // What one look finds: bytes that came in on a connection and that gRPC has not read yet.
  struct Unread {
    std::uint64_t id = 0;
    std::size_t bytes = 0;
  };
  enum class Room { kFree, kFull, kFullForUser };

  explicit ConnectionTable(ConnectionCaps caps) : caps_(caps) {}

  const ConnectionCaps& caps() const { return caps_; }
  // Whether one more of this user's may come. Ended ones are not counted.
  Room RoomFor(uid_t uid) MUSTER_EXCLUDES(mutex_);
  // `socket` is a copy (F_DUPFD) of the one that gRPC gets.
  void Add(const Peer& peer, UniqueFd socket) MUSTER_EXCLUDES(mutex_);
  std::size_t size() const MUSTER_EXCLUDES(mutex_);
  // Until all have ended, or `time` has passed.
  void WaitForEnds(std::chrono::milliseconds time) MUSTER_EXCLUDES(mutex_);

  // Forgets those that ended, and ends those whose other end reads nothing any more. Every
  // SilentSocket::kBetweenLooks at the latest.
  void Look() MUSTER_EXCLUDES(mutex_);

  // In the order in which they came.
  std::vector<Unread> LookAtUnread() const MUSTER_EXCLUDES(mutex_);
  struct Cut {
    Peer peer;
    std::chrono::steady_clock::duration age{};
  };
  // Ends the connection: gRPC finds its end of file, and so does the peer. What gRPC has not read
  // yet is thrown away: it could keep it busy for seconds. Empty when it is gone.
  std::optional<Cut> CutOff(std::uint64_t id) MUSTER_EXCLUDES(mutex_);

  // Until there is a connection, or WakeUp was called.
  void WaitForOne() MUSTER_EXCLUDES(mutex_);
  // Until `time` has passed; false when WakeUp was called.
  bool Pause(std::chrono::milliseconds time) MUSTER_EXCLUDES(mutex_);
  // Ends all waiting, for good.
  void WakeUp() MUSTER_EXCLUDES(mutex_);

 private:
  struct Connection {
    std::uint64_t id = 0;
    Peer peer;
    std::chrono::steady_clock::time_point since;
    UniqueFd socket;
    SilentSocket silence;
  };

  void DropEnded() MUSTER_REQUIRES(mutex_);
  Room Count(uid_t uid) const MUSTER_REQUIRES(mutex_);

  const ConnectionCaps caps_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<Connection> connections_ MUSTER_GUARDED_BY(mutex_);
  std::uint64_t last_id_ MUSTER_GUARDED_BY(mutex_) = 0;
  bool is_woken_ MUSTER_GUARDED_BY(mutex_) = false;
};

}  // namespace muster::server
