#include "server/worker/execution_clock.h"

#include <time.h>

#include <algorithm>

namespace muster::server {
namespace {

// Shorter than any sleep, and than what a fork takes.
constexpr std::int64_t kShortNs = 10'000;

std::int64_t Read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

}  // namespace

void ExecutionClock::Synchronise() {
  known_cpu_ = Read(CLOCK_PROCESS_CPUTIME_ID);
  known_at_ = Read(CLOCK_MONOTONIC);
}

void ExecutionClock::Begin() { begin_ = Read(CLOCK_MONOTONIC); }

std::int64_t ExecutionClock::ElapsedNs() const { return Read(CLOCK_MONOTONIC) - begin_; }

void ExecutionClock::End() {
  wall_ns_ = ElapsedNs();
  cpu_ns_ = wall_ns_;
  if (wall_ns_ < kShortNs) return;
  // What was used since it was asked for last: all of the time, as then there was work.
  const std::int64_t before = known_cpu_ + (begin_ - known_at_);
  Synchronise();
  cpu_ns_ = std::max<std::int64_t>(0, known_cpu_ - before);
}

}  // namespace muster::server
