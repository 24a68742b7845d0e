#include "server/spawner/limit_watch.h"

#include <unistd.h>

#include <algorithm>

#include "server/spawner/process_tree.h"

namespace muster::server {
namespace {

// The kernel counts CPU time in hundredths of a second; looking more often tells nothing.
constexpr std::chrono::milliseconds kShortestPause{10};

}  // namespace

void LimitWatch::Start(const Limits& limits) {
  if (limits.cpu) {
    cpu_ = *limits.cpu;
    next_look_ = Clock::now();
  }
  watches_processes_ = limits.processes.has_value();
}

Limit LimitWatch::Look(ControlGroup& group, std::chrono::microseconds reaped) {
  if (watches_processes_ && group.HitProcessLimit()) return Limit::kProcesses;
  if (!cpu_ || Clock::now() < *next_look_) return Limit::kNone;
  std::chrono::microseconds used = reaped;
  for (const Process& process : Descendants(ChildrenOfSelf())) {
    used += process.cpu + process.waited_cpu;
  }
  // Children that nobody waited for are counted by the group alone.
  used = std::max(used, group.CpuTime());
  if (used >= *cpu_) return Limit::kCpu;
  // With every processor at work it cannot be sooner.
  const long processors = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
  next_look_ =
      Clock::now() + std::max<Clock::duration>(kShortestPause, (*cpu_ - used) / processors);
  return Limit::kNone;
}

}  // namespace muster::server
