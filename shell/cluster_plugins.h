// What the commands of clusters have to do with plugins: those of the configuration, what setting
// up means, and the flags about it. Main thread.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "provision/cluster.h"
#include "provision/plugin_observer.h"
#include "shell/command_words.h"
#include "shell/shell.h"

namespace muster::clustershell {

// As the configuration is now: of the template of a cluster that was started, empty when that is
// gone. Errors are those of the file.
absl::StatusOr<provision::PluginPlan> PlanOf(Shell& shell, const provision::ClusterRecord& record);
// Of a [cluster NAME] that lists its nodes, or is a template.
absl::StatusOr<provision::PluginPlan> PlanOf(Shell& shell, const std::string& cluster);

// All of the configuration, whichever clusters have them. Errors are those of the file.
absl::StatusOr<std::vector<provision::PluginSection>> AllPlugins(Shell& shell);
std::vector<std::string> PluginNames(Shell& shell);  // none when the file is wrong

// --debug, --again, --reload.
provision::PluginFlags PluginFlagsOf(const CommandWords& words);

// Whether there is something to set it up with: a setup, or plugins.
bool HasSetup(Shell& shell, const provision::ClusterRecord& record);
// Whether its plugins can be used; InvalidArgument: all that is wrong, a line for each. Ok without
// plugins.
absl::Status CheckPlugins(Shell& shell, const provision::ClusterRecord& record);
absl::Status CheckPlan(const provision::PluginPlan& plan, const std::string& cluster);

// Sets the nodes up that run, and tells what came of it; the exit code.
int SetUpNow(Shell& shell, provision::Cluster& cluster, const std::string& command);

std::vector<std::string> NamesOf(const provision::ClusterRecord& record);

}  // namespace muster::clustershell
