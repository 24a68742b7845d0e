// Listener: the Unix socket that the daemon listens on: its folder, its lock and the socket itself,
// and their removal. One thread.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "common/unique_fd.h"

namespace muster::server {

class Listener {
 public:
  // Makes the folder (0700) if it is missing, locks PATH.lock beside the socket and listens, socket
  // 0600. FailedPrecondition: the folder, or one above it, belongs to somebody else, or others may
  // write to it (but for a sticky one), or it is on a network file system, or something that is no
  // socket has this path: it is left alone.
  // AlreadyExists: another daemon listens there; its pid is named. A socket that a killed daemon
  // left behind is replaced.
  // `for_others`: whoever gets so far may connect (socket 0666, and 0711 for a folder that is made
  // here or is `DefaultSocketPath()`'s), and the acceptor decides.
  static absl::StatusOr<Listener> Open(const std::string& path, bool for_others = false);

  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener();  // removes the socket and the lock

  // The first folder on the way to the socket that others cannot pass; empty: there is none.
  std::string ClosedFolder() const;

  // Leaves all that to another process that has it, too.
  void Disown() {
    bound_ = false;
    lock_.Reset();
  }

  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }

 private:
  Listener() = default;

  std::string path_;
  UniqueFd lock_;
  UniqueFd socket_;
  bool bound_ = false;  // the socket at path_ is ours
};

}  // namespace muster::server
