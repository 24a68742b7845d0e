// Whether daemons answer: the last step of being alive.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

// The address at which clients reach the node; empty: it has none yet.
std::string ClientAddress(const NodeRecord& node);

// Asks the daemons of all these nodes at once, for 5 s at most. Unavailable: this one does not
// answer, and why. A node with a bare host is as well as its provider says: whoever has only a host
// has no daemon that could be asked.
std::vector<absl::Status> CheckHealth(const std::vector<NodeRecord>& nodes);

}  // namespace muster::provision
