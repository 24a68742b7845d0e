// Looks for processes of this machine in /proc, by what they were started with; and ends them.
// Thread-safe.
#pragma once

#include <absl/status/status.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace muster::provision {

// Whether the process has these arguments, whole, one behind the other. False: also when there is
// no such process, or it is a zombie.
bool HasArguments(pid_t pid, const std::vector<std::string>& arguments);
// All processes that have them.
std::vector<pid_t> ProcessesWithArguments(const std::vector<std::string>& arguments);
// All processes with NAME=VALUE in their environment, as far as we may look.
std::vector<pid_t> ProcessesWithVariable(const std::string& variable);
// The processes and all that they started and that is still below them, parents first.
std::vector<pid_t> WithDescendants(const std::vector<pid_t>& processes);

// SIGTERM to the processes that `find` finds, SIGKILL at `deadline`; returns when it finds none.
// DeadlineExceeded: some are there 5 s after SIGKILL; which.
absl::Status EndProcesses(const std::function<std::vector<pid_t>()>& find,
                          std::chrono::steady_clock::time_point deadline);

}  // namespace muster::provision
