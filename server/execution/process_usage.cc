#include "server/execution/process_usage.h"

#include "server/spawner/process_tree.h"

namespace muster::server {

ProcessUsage UsageBelow(pid_t supervisor) {
  ProcessUsage usage;
  Process root;
  root.pid = supervisor;
  for (const Process& process : Descendants({root})) {
    if (process.pid == supervisor) continue;
    usage.cpu += process.cpu + process.waited_cpu;
    usage.memory_bytes += process.memory_bytes;
    ++usage.processes;
  }
  return usage;
}

}  // namespace muster::server
