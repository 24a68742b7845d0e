// DaemonOrder: what the daemon of one node of the local provider is started with: the settings of
// the provider, and what the order of the node has on top of them. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

struct DaemonOrder {
  std::string section;                   // [daemon] of its configuration
  std::vector<std::string> environment;  // "NAME=value"; its commands have it, too
};

// `node`: its extra may have `environment` and `settings`, objects of texts in JSON, which hooks
// put there. InvalidArgument: they are none, or have no such names.
absl::StatusOr<DaemonOrder> DaemonOrderOf(const NodeRecord& node, const Settings& settings);

}  // namespace muster::provision
