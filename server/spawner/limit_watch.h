// LimitWatch: looks whether a running tree has reached a limit that no kernel ends it for: CPU time
// of all its processes together, and the number of processes. The supervisor's; single-threaded.
#pragma once

#include <chrono>
#include <optional>

#include "server/spawner/control_group.h"
#include "server/spawner/limits.h"

namespace muster::server {

class LimitWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // When the tree can have used up its CPU time at the earliest; empty: no such limit.
  std::optional<Clock::time_point> next_look() const { return next_look_; }

  void Start(const Limits& limits);
  // `reaped`: CPU time of the processes that the supervisor has waited for. The limit that was
  // reached, or kNone.
  Limit Look(ControlGroup& group, std::chrono::microseconds reaped);

 private:
  std::optional<std::chrono::microseconds> cpu_;
  bool watches_processes_ = false;
  std::optional<Clock::time_point> next_look_;
};

}  // namespace muster::server
