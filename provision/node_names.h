// How nodes are called, as elasticluster calls them: the kind and three digits; numbers that were
// freed are used first. Pure.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

// Small letters, digits and '-', with no digit at the end: "frontend", "a-b".
absl::Status CheckKind(const std::string& kind);
// A letter, then letters, digits, '_', '.' or '-', 63 at most.
absl::Status CheckClusterName(const std::string& name);
// The lowest number that no node of the kind has: frontend001; with 001 and 003 there, 002.
std::string NextName(const std::vector<NodeRecord>& nodes, const std::string& kind);

}  // namespace muster::provision
