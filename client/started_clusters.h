// StartedClusters: the clusters that were started by this user, on whichever way, as the files say
// that are kept of them: clusters/NAME.conf in $XDG_STATE_HOME/muster, else in
// ~/.local/state/muster. Each is a configuration with one [cluster NAME]. Reads files, contacts
// nothing.
#pragma once

#include <string>
#include <vector>

namespace muster {

// Empty: neither folder is known.
std::string StartedClustersFolder();

// Sorted; none when there is no folder.
std::vector<std::string> StartedClusterNames();

// Of the cluster of this name, whether it is there or not.
std::string StartedClusterPath(const std::string& name);

}  // namespace muster
