// clusterd-worker: the zygote and the workers that it forks, one binary. Started by the spawner
// with the daemon's socket as descriptor 3 and the spawner's lifeline as 4. Its first message on
// the socket is "R" when Python is warm, or "E" and one line that says why it is not.
#include <Python.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <string_view>

#include "common/fault.h"
#include "common/version.h"
#include "server/spawner/spawn_loop.h"
#include "server/worker/interpreter.h"

#if defined(__SANITIZE_ADDRESS__)
// CPython leaks on purpose at exit, and a worker never finalises it. Visible, or the runtime, a
// shared library, does not find it.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

namespace {
constexpr int kDaemonFd = 3;
constexpr int kLifelineFd = 4;
constexpr int kGroupsFd = 5;
}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    ::printf("clusterd-worker %s, Python %s\n", muster::kVersion, Py_GetVersion());
    return 0;
  }
  int type = 0;
  socklen_t size = sizeof(type);
  if (::getsockopt(kDaemonFd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
    ::fputs("clusterd-worker is started by clusterd; it is not a program to run by hand\n", stderr);
    return 2;
  }
  ::fcntl(kDaemonFd, F_SETFD, FD_CLOEXEC);
  ::fcntl(kLifelineFd, F_SETFD, FD_CLOEXEC);
  // Not dumpable: what one identity's jobs leave in memory is not for another's debugger.
  ::prctl(PR_SET_DUMPABLE, 0);
  if (muster::FaultAt("worker.start")) return 1;
  muster::server::Interpreter::Options options;
  options.user_site = argc > 1 && std::string_view(argv[1]) == "--user-site";
  const bool borrows_groups = argc > 2 && std::string_view(argv[2]) == "--borrow-groups";
  if (borrows_groups) ::fcntl(kGroupsFd, F_SETFD, FD_CLOEXEC);
  if (argc > 3) options.environment_folder = argv[3];
  const std::optional<std::string> error = muster::server::Interpreter::Start(options);
  const std::string hello = error ? "E" + *error : "R";
  ::send(kDaemonFd, hello.data(), hello.size(), MSG_NOSIGNAL);
  if (error) return 1;
  muster::server::SpawnLoop({muster::UniqueFd(kDaemonFd), muster::UniqueFd(kLifelineFd),
                             muster::UniqueFd(borrows_groups ? kGroupsFd : -1)},
                            muster::server::Interpreter::RunAndExit,
                            muster::server::Interpreter::ForkHooks(), std::nullopt)
      .Run();
  return 0;
}
