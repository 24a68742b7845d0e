// Admission: how much a daemon takes on at once. Plain data.
#pragma once

#include <cstddef>

namespace muster::server {

struct Admission {
  std::size_t workers = 1;      // Python executions that run at once
  std::size_t running = 512;    // executions of all kinds that run at once
  std::size_t queued = 10'000;  // executions that may wait
  // Sources and arguments of those that wait, bytes: one may have 3 MiB.
  std::size_t queued_bytes = 256u << 20;
};

}  // namespace muster::server
