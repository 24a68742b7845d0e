// ProcessUsage: what the processes of a running execution take at this moment, read from /proc.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace muster::server {

struct ProcessUsage {
  std::chrono::microseconds cpu{0};  // of those that live, and of the children they waited for
  std::uint64_t memory_bytes = 0;    // their resident sets; pages they share count for each
  std::uint32_t processes = 0;
};

// Of everything below the supervisor; nothing when it is gone.
ProcessUsage UsageBelow(pid_t supervisor);

}  // namespace muster::server
