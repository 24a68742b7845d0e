#include "server/execution/spawner_process.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "common/status_macros.h"

namespace muster::server {
namespace {
constexpr int kSpawnerSocketFd = 3;
constexpr std::chrono::seconds kTimeToDie{1};
}  // namespace

absl::Status MakeMessageSockets(UniqueFd& ours, UniqueFd& theirs) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("socketpair: ", strerror(errno)));
  }
  ours.Reset(fds[0]);
  theirs.Reset(fds[1]);
  return absl::OkStatus();
}

absl::StatusOr<ChildProcess> StartSpawner(const std::vector<std::string>& command,
                                          const UniqueFd& theirs) {
  ChildProcess::Options options;
  options.argv = command;
  options.fds = {{theirs.get(), kSpawnerSocketFd}};
  options.new_session = true;
  return ChildProcess::Start(options);
}

absl::StatusOr<UniqueFd> OwnSpawner::Start() {
  UniqueFd ours;
  UniqueFd theirs;
  RETURN_IF_ERROR(MakeMessageSockets(ours, theirs));
  ASSIGN_OR_RETURN(process_, StartSpawner(command_, theirs));
  return ours;
}

void OwnSpawner::Wake() { ::kill(process_.pid(), SIGCONT); }

std::string OwnSpawner::TellEnd() {
  const std::optional<int> status =
      process_.WaitUntil(std::chrono::steady_clock::now() + kTimeToDie);
  return status ? DescribeWaitStatus(*status) : "closed its socket";
}

void OwnSpawner::AwaitEnd(std::chrono::milliseconds time) {
  if (process_.WaitUntil(std::chrono::steady_clock::now() + time)) return;
  process_.Kill(SIGKILL);
  process_.WaitUntil(std::chrono::steady_clock::now() + kTimeToDie);
}

}  // namespace muster::server
