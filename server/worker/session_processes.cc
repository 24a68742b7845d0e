#include "server/worker/session_processes.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "server/spawner/process_tree.h"

namespace muster::server {

// A session that never had a child is spared the walk.
bool SessionProcesses::MayHaveSome() {
  siginfo_t info;
  if (had_some_) return true;
  had_some_ = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
  // One that was waited for may have left others.
  rusage now{};
  ::getrusage(RUSAGE_CHILDREN, &now);
  const rusage none{};
  return had_some_ = had_some_ || ::memcmp(&now, &none, sizeof(now)) != 0;
}

std::uint32_t SessionProcesses::CountNew() {
  if (!MayHaveSome()) return 0;
  std::uint32_t count = 0;
  std::set<std::pair<pid_t, unsigned long long>> there;
  for (const Process& process : Descendants(ChildrenOf(::getppid()))) {
    if (process.pid == ::getpid()) continue;
    const std::pair<pid_t, unsigned long long> one{process.pid, process.started};
    if (known_.count(one) == 0) ++count;
    there.insert(one);
  }
  known_ = std::move(there);
  return count;
}

}  // namespace muster::server
