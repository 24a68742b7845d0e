// clusterd-spawner: started by clusterd before any gRPC object exists, with the daemon's socket as
// descriptor 3. See SpawnLoop.
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/own_program.h"
#include "server/spawner/spawn_loop.h"
#include "server/spawner/transfer.h"

namespace {
constexpr int kDaemonFd = 3;

void RunJob(const muster::server::LaunchRequest& request,
            const muster::server::StartStatus& status) {
  if (request.kind == muster::server::LaunchRequest::Kind::kFiles) {
    muster::server::RunTransfer(request, status);
  } else {
    muster::server::ExecProgram(request, status);
  }
}
}  // namespace

int main(int argc, char** argv) {
  int type = 0;
  socklen_t size = sizeof(type);
  if (::getsockopt(kDaemonFd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
    ::fputs("clusterd-spawner is started by clusterd; it is not a program to run by hand\n",
            stderr);
    return 2;
  }
  ::fcntl(kDaemonFd, F_SETFD, FD_CLOEXEC);
  const std::string folder = muster::FolderOf(reinterpret_cast<const void*>(&main));
  muster::server::SpawnLoop::SpawnerPart spawner{
      muster::server::SpawnerSettings::FromArguments(argc, argv),
      muster::FindProgram(folder, "clusterd-worker")};
  // Of the same user's jobs none may look into it.
  ::prctl(PR_SET_DUMPABLE, 0);
  muster::server::SpawnLoop({muster::UniqueFd(kDaemonFd), {}, {}}, RunJob, {}, std::move(spawner))
      .Run();
  return 0;
}
