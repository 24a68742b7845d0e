// DaemonBounds: how much a daemon takes on and lets each execution use, as its command line and its
// configuration say. One table holds the flags, the keys and what they mean.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "server/execution/admission.h"
#include "server/execution/slot.h"
#include "server/service/connection_table.h"
#include "server/spawner/limits.h"

namespace muster::server {

struct DaemonBounds {
  Admission admission;
  ConnectionCaps connections;
  std::vector<Slot> slots;                           // that the configuration names
  Limits limits;                                     // of each execution
  std::optional<std::chrono::milliseconds> longest;  // deadline of each execution
  // A session ends when it had no command for so long; 0: never.
  std::chrono::milliseconds session_idle = std::chrono::hours(1);
};

struct BoundOption {
  const char* flag;  // "--max-memory"
  const char* key;   // of [daemon]: "max_memory"
  const char* help;
  // InvalidArgument says what is valid.
  absl::Status (*set)(const std::string& text, DaemonBounds& bounds);
};
const std::vector<BoundOption>& BoundOptions();

}  // namespace muster::server
