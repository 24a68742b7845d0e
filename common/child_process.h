// ChildProcess: another program, started with posix_spawn (never fork: the caller may hold gRPC)
// and waited for through a pidfd. Movable; one thread at a time. Its end does not end the child:
// say Kill and Wait. The end of this process ends a guarded child.
#pragma once

#include <absl/status/statusor.h>

#include <sys/types.h>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/unique_fd.h"

namespace muster {

class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> argv;         // argv[0] is the program; searched in PATH
    std::vector<std::pair<int, int>> fds;  // {ours, the child's}; all others are closed on exec
    bool new_session = false;              // out of reach of the terminal's signals
    // It and what it starts are killed when this process ends, however that is; needs new_session.
    bool guarded = false;
    std::string directory;                       // where it starts; empty: where we are
    std::vector<std::string> extra_environment;  // NAME=VALUE, over the caller's own
  };
  // Starts it with no signal blocked or ignored. Not found or not executable: NotFound with the
  // path.
  static absl::StatusOr<ChildProcess> Start(const Options& options);

  ChildProcess() = default;
  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }
  // A guarded one with what it has started.
  void Kill(int signal) const;
  // The status as waitpid(2) gives it; empty when it still runs at `deadline`. Reaps the child.
  std::optional<int> WaitUntil(std::chrono::steady_clock::time_point deadline);

 private:
  pid_t pid_ = -1;
  bool is_guarded_ = false;
  UniqueFd pidfd_;
  std::optional<int> status_;
};

// "exited with code 3", "was killed by SIGKILL": a wait status for a person.
std::string DescribeWaitStatus(int status);

}  // namespace muster
