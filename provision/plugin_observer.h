// The plugins of a cluster as its observer: they set nodes up once they run, and have a say before
// nodes go. What ran is kept in the cluster's record. Thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "provision/cluster_observer.h"
#include "provision/plugin_door.h"

namespace muster::provision {

// What a receipt of the observer is kept under.
inline constexpr char kPluginReceipts[] = "plugins";

struct PluginFlags {
  bool debug = false;
  bool again = false;
  bool reload = false;
};

// `plan`: of the configuration as it is now; an error of it ends setting up, while nodes may go
// with the plugins that ran. Nothing is called where there are none.
std::shared_ptr<ClusterObserver> MakePluginObserver(absl::StatusOr<PluginPlan> plan,
                                                    const PluginFlags& flags);

// The plugins with which the cluster was set up: where no configuration says more.
PluginPlan PlanOfReceipt(const ClusterRecord& cluster);

// An order for the nodes of the cluster that run.
PluginOrder PluginOrderOf(const ClusterRecord& cluster, const PluginPlan& plan,
                          const PluginFlags& flags);

// What ran last, or failed, of each plugin on each node that still is the one where it ran, or on
// none. `plan`: of the configuration as it is now; a plugin that was of the cluster's, and is not
// in it, is told to be gone from there; null: that is not known.
std::vector<PluginResult> PluginResultsOf(const ClusterRecord& cluster, const PluginPlan* plan);

}  // namespace muster::provision
