// SshTunnel: the system's ssh, running `clusterd --relay` on another machine, with a socket as its
// standard input and output: what is written there arrives at that machine's daemon. Thread-safe.
// Its end kills and reaps ssh.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/address.h"
#include "common/child_process.h"
#include "common/last_words.h"
#include "common/mutex.h"
#include "common/unique_fd.h"

namespace muster {

class SshTunnel {
 public:
  // `socket` becomes our end, non-blocking. Returns when ssh runs, long before it is connected.
  static absl::StatusOr<std::shared_ptr<SshTunnel>> Start(const Address& address, UniqueFd* socket);
  ~SshTunnel();

  // The connection failed: calls `then`, once, with why in ssh's own words ("ssh exited with code
  // 255: Host key verification failed."); ssh has half a second to end by itself before it is
  // killed (`at_once`: none). Neither this function nor its caller waits: `then` runs on a thread
  // of gRPC, or in this call.
  static void Explain(std::shared_ptr<SshTunnel> tunnel, bool at_once,
                      std::function<void(std::string)> then);

  // What is executed for an address.
  static std::vector<std::string> CommandLine(const Address& address);

 private:
  class Farewell;
  SshTunnel() = default;
  // Why ssh ended; empty while it runs.
  std::string Ended() MUSTER_EXCLUDES(mutex_);
  void Kill() MUSTER_EXCLUDES(mutex_);

  LastWords words_;
  Mutex mutex_;
  ChildProcess child_ MUSTER_GUARDED_BY(mutex_);
  bool is_killed_ MUSTER_GUARDED_BY(mutex_) = false;  // by us
};

}  // namespace muster
