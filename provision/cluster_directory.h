// ClusterDirectory: the clusters that run, as configuration files that every client of the user
// reads beside his own: clusters/NAME.conf in $XDG_STATE_HOME/muster. Written from the records.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

// Writes the file of the cluster, atomically, with the nodes that have an address, each with the
// tag kind:KIND, and of one that does not run its state; removes it when there are none.
absl::Status Publish(const ClusterRecord& cluster);
// Removes it, unless it is of another cluster of the name, which somebody keeps elsewhere.
absl::Status Withdraw(const ClusterRecord& cluster);
// Whoever it is of.
absl::Status Withdraw(const std::string& cluster);
// The names of the clusters that have a file, sorted.
std::vector<std::string> PublishedClusters();

}  // namespace muster::provision
