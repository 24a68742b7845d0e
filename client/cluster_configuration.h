// Which nodes a cluster has, and which groups: from the configuration file, or the one daemon of
// this machine. Reads files, contacts nothing. Pure but for that.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "client/node_groups.h"
#include "client/trusted_users.h"
#include "common/address.h"

namespace muster {

struct ConfiguredNode {
  std::string name;
  Address address;
  // Whether the name was said by the user. If so it is sent along, and a daemon that was started
  // under another name refuses; if not, whichever daemon answers is right.
  bool is_named = true;
  TrustedUsers trust;                  // for a Unix address
  std::vector<std::string> tags = {};  // of all [node NAMES] that name it
};

struct ClusterConfiguration {
  std::string name;                   // of the cluster
  std::vector<ConfiguredNode> nodes;  // at least one, names unique
  NodeGroups groups;
};

// `cluster` and `file` as ClusterAPI::connect has them.
absl::StatusOr<ClusterConfiguration> ReadConfiguration(const std::string& cluster,
                                                       const std::string& file);

}  // namespace muster
