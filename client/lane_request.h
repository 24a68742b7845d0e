// LaneRequest: what is sent of a call on the fast lane. Plain data.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "client/ClusterAPI.h"
#include "client/wire.h"

namespace muster {

struct LaneRequest {
  std::string source;
  Command::Form form = Command::Form::kRepr;
  std::optional<std::chrono::milliseconds> deadline;
  std::chrono::milliseconds grace{5000};
  wire::Place place;
};

}  // namespace muster
