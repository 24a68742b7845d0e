// NodeFacts: what the daemon tells about itself; fixed while it runs. Plain data.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "server/execution/slot.h"
#include "server/spawner/limits.h"

namespace muster::server {

struct NodeFacts {
  std::string name;
  bool name_is_explicit = false;  // it was given one, and answers to no other
  std::string incarnation;        // 16 random bytes
  std::string python;             // version, or "no"
  std::string os;                 // "debian-12"
  unsigned workers = 0;
  std::vector<Slot> slots;  // what an execution may ask for
  Limits limits;            // of every execution; a request may ask for less
  std::optional<std::chrono::milliseconds> longest;  // deadline of every execution
};

}  // namespace muster::server
