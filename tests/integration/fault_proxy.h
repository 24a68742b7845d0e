// FaultProxy: stands between a client and a daemon, both on Unix sockets, and does to their bytes
// what networks do: cuts, stalls, delays, splits. Knows nothing of what the bytes mean.
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "common/mutex.h"
#include "common/unique_fd.h"

namespace muster::test {

class FaultProxy {
 public:
  // What happens to the bytes of one direction of a connection.
  struct Lane {
    std::optional<std::uint64_t> cut;    // the connection ends when so many have passed
    std::optional<std::uint64_t> stall;  // then no more pass, and it stays open
    std::chrono::milliseconds delay{0};  // each piece comes so much later
    bool single_bytes = false;           // each byte is a piece
  };
  struct Faults {
    Lane to_daemon;
    Lane to_client;
  };
  // How many bytes passed.
  struct Passed {
    std::uint64_t to_daemon = 0;
    std::uint64_t to_client = 0;
  };

  // Listens at `path`; what connects there reaches the daemon at `daemon_path`.
  FaultProxy(const std::string& path, std::string daemon_path);
  ~FaultProxy();  // ends all connections

  // For the connections that are made from now on.
  void Set(const Faults& faults) MUSTER_EXCLUDES(mutex_);
  // From now on nothing passes, the ends of connections neither: as if the network were gone.
  void Freeze() { is_frozen_ = true; }
  // Of the connection made last.
  Passed passed() const MUSTER_EXCLUDES(mutex_);

 private:
  class Link;

  void Run();
  std::unique_ptr<Link> Accept() MUSTER_EXCLUDES(mutex_);

  const std::string daemon_path_;
  UniqueFd listener_;
  UniqueFd stop_;  // an eventfd
  mutable Mutex mutex_;
  Faults faults_ MUSTER_GUARDED_BY(mutex_);
  Passed passed_ MUSTER_GUARDED_BY(mutex_);
  std::atomic<bool> is_frozen_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace muster::test
