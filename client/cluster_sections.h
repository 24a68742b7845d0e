// What the sections of a configuration say of clusters and nodes. Pure; thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <vector>

#include "client/cluster_configuration.h"
#include "common/config_file.h"

namespace muster {

// The clusters of nodes that the file has, in its order; not those that say how to start one
// (docs/clusters.md).
std::vector<const ConfigFile::Section*> ClustersOf(const ConfigFile& file);

// The nodes of one of them. InvalidArgument: what is wrong, as FILE:LINE.
absl::StatusOr<std::vector<ConfiguredNode>> ParseNodes(const ConfigFile& file,
                                                       const ConfigFile::Section& section);

// Adds the tags, and the states, of every [node NAMES] that names one of the nodes.
// InvalidArgument: a section names a node that there cannot be. `is_of_others`: the nodes are those
// of another file, which knows their states.
absl::Status AddTags(const ConfigFile& file, bool is_of_others, std::vector<ConfiguredNode>& nodes);

}  // namespace muster
