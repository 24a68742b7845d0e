// LocalProvider: instances that are daemons of this machine. Each has a folder of its own below
// `root` (its socket, its log, the working folder of its commands), which holds its label before
// the daemon is started; the daemon lives on when we end. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "provision/cloud_provider.h"

namespace muster::provision {

// Settings: root (default: instances in $XDG_STATE_HOME/muster), clusterd (path of the program),
// workers, slots, max_memory, max_processes, … (as [daemon] has them). InvalidArgument: another
// one.
absl::StatusOr<std::shared_ptr<CloudProvider>> MakeLocalProvider(const Settings& settings);
std::vector<std::string> LocalProviderSettings();

}  // namespace muster::provision
