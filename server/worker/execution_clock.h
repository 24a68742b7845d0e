// ExecutionClock: how long an execution took, and how much processor time. Asking the kernel for
// the processor time costs more than a short execution: one that is shorter than it could have
// slept in is taken to have used all of its time. One thread.
#pragma once

#include <cstdint>

namespace muster::server {

class ExecutionClock {
 public:
  // Before the first Begin, and whenever this process has slept.
  void Synchronise();
  void Begin();
  void End();
  // Since Begin.
  std::int64_t ElapsedNs() const;

  std::uint64_t wall_us() const { return static_cast<std::uint64_t>(wall_ns_) / 1000; }
  std::uint64_t cpu_us() const { return static_cast<std::uint64_t>(cpu_ns_) / 1000; }

 private:
  std::int64_t known_at_ = 0;   // the time when it was asked for
  std::int64_t known_cpu_ = 0;  // what the processor time was then
  std::int64_t begin_ = 0;
  std::int64_t wall_ns_ = 0;
  std::int64_t cpu_ns_ = 0;
};

}  // namespace muster::server
