// SshSession: one run of the system's ssh: what goes to its standard input, what comes of it. Knows
// nothing of what is run. Lives on one thread, which waits.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace muster::provision {

// The next piece of what goes to standard input; an empty one is the end.
using InputSource = std::function<absl::StatusOr<std::string>()>;

struct SshEnd {
  int code = 0;            // as ssh exited with; 128 + the number of a signal
  bool timed_out = false;  // and was killed
  std::string output;      // the last 64 KiB
  std::string errors;      // the last lines, harmless for a terminal, on one
};

// Returns when ssh has ended, soon after `deadline` at the latest. NotFound: it does not start.
absl::StatusOr<SshEnd> RunSsh(const std::vector<std::string>& command, const InputSource& input,
                              std::chrono::steady_clock::time_point deadline);

}  // namespace muster::provision
