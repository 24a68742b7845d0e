// Which nodes a cluster has: from the configuration file, or the one daemon of this machine. Reads
// files, contacts nothing. Pure but for that.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "client/trusted_users.h"
#include "common/address.h"

namespace muster {

struct ConfiguredNode {
  std::string name;
  Address address;
  // Whether the name was said by the user. If so it is sent along, and a daemon that was started
  // under another name refuses; if not, whichever daemon answers is right.
  bool is_named = true;
  TrustedUsers trust;  // for a Unix address
};

// `cluster` and `file` as ClusterAPI::connect has them. At least one node, names unique.
absl::StatusOr<std::vector<ConfiguredNode>> ReadConfiguration(const std::string& cluster,
                                                              const std::string& file);

}  // namespace muster
