// What a user keeps of nodes beside the configuration: tags that were given by hand
// (client/tag_file.h) and login rules (client/login_rules.h). Reads files, contacts nothing.
#pragma once

#include <absl/status/statusor.h>

#include "client/cluster_configuration.h"

namespace muster {

// The configuration with what is kept of its nodes now. Errors as those of the files.
absl::StatusOr<ClusterConfiguration> WithKeptFacts(ClusterConfiguration configuration);

// The cluster of this name as the files say now. One that was not in a file keeps its nodes.
absl::StatusOr<ClusterConfiguration> ReadAgain(const ClusterConfiguration& before,
                                               const std::string& cluster);

// Whether a file of the cluster holds something else than when it was read.
bool HasChanged(const ClusterConfiguration& configuration);

}  // namespace muster
