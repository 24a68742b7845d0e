// ProcessTree: the processes below this one, read from /proc, and the walk that kills them. For a
// process that is a subreaper, so that every orphan of the tree comes back to it. Single-threaded.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace muster::server {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  bool zombie = false;
  std::chrono::microseconds cpu{0};         // its own, user and system
  std::chrono::microseconds waited_cpu{0};  // of the children it has waited for
  std::uint64_t memory_bytes = 0;           // its resident set
  std::string name;                         // its first 15 bytes
  unsigned long long started = 0;  // clock ticks since boot: who has a number again is younger
};

// Children of this process (its only thread), without their descendants.
std::vector<Process> ChildrenOfSelf();
// Of any process, all its threads.
std::vector<Process> ChildrenOf(pid_t pid);

// Everybody on this machine that we may see, zombies left out.
std::vector<Process> AllProcesses();

// All living descendants of `roots`, `roots` included; zombies are left out.
std::vector<Process> Descendants(const std::vector<Process>& roots);

// To this very process, not to one that has its number by now. False: it is gone.
bool SignalProcess(const Process& process, int signal);

// Kills `roots` and everything below them that `doomed` accepts: stops (SIGSTOP) all of them until
// no new one appears, so that none can fork away, then SIGKILL. Does not wait for them, and gives
// up on those that appear without end after half a second: whoever calls looks again. Returns whom
// it hit.
std::set<pid_t> KillTrees(
    const std::vector<Process>& roots,
    const std::function<bool(const Process&)>& doomed = [](const Process&) { return true; });

}  // namespace muster::server
