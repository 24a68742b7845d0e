// Child: what a freshly forked process does before the user's code: a session of its own, default
// signals, its descriptors and no others, its directory. Every step that fails is told to the
// supervisor through a status pipe and ends the process. Runs in the child only, which has one
// thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "server/spawner/launch_request.h"
#include "server/spawner/spawner_settings.h"
#include "server/spawner/start_failure.h"

namespace muster::server {

// Where the worker writes its value, and nothing else of ours that user code could see.
inline constexpr int kValueFd = 3;
// Of a session's shell: what its commands read.
inline constexpr int kMoreFd = 5;

struct ChildFds {
  UniqueFd in;  // none: /dev/null
  UniqueFd out;
  UniqueFd err;
  UniqueFd value;          // for Python
  UniqueFd more;           // one more that the program finds at kMoreFd
  std::vector<int> doors;  // of the control groups to enter
};

// The status pipe's end in the child.
class StartStatus {
 public:
  explicit StartStatus(int fd) : fd_(fd) {}
  // Names the step that failed and ends the process.
  [[noreturn]] void Fail(const std::string& step, int error) const;
  // Everything is set up and no exec will follow: the supervisor may stop waiting.
  void Succeed() const;

 private:
  int fd_;
};

// What StartStatus::Fail said, as the supervisor reads it; empty: it succeeded.
std::optional<StartFailure> ReadStartStatus(int fd);

// The rights and the environment of a job: of a process that will run what its user wants. Without
// settings both were taken on before. The account is that of the rights' user.
std::optional<StartFailure> BecomeJob(const JobRights& rights, const Account* account,
                                      const SpawnerSettings* settings);

// Prepares the process; afterwards 0 is the execution's input or /dev/null, 1 and 2 its pipes,
// kValueFd the value's pipe (Python only), kMoreFd `more`, and `status` the only other descriptor.
// `status_fd` moves there. A terminal at 1 becomes the controlling one of the new session.
// `settings` as for BecomeJob.
StartStatus PrepareChild(const LaunchRequest& request, const SpawnerSettings* settings,
                         ChildFds fds, UniqueFd status_fd);

// Takes on the limits that the kernel keeps for each process (RLIMIT_FSIZE, RLIMIT_NOFILE); the
// last thing before the user's code.
void LimitSelf(const LaunchRequest& request, const StartStatus& status);

// What the child does then; does not return.
using ChildBody = std::function<void(const LaunchRequest&, const StartStatus&)>;

// The body for kShell and kArgv: execs `sh` or the program.
void ExecProgram(const LaunchRequest& request, const StartStatus& status);

}  // namespace muster::server
