// StartedNodes: nodes of a cluster that was started, named by a target: what `start`, `stop` and
// `terminate` are about. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <memory>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "provision/cluster.h"
#include "shell/shell.h"

namespace muster::clustershell {

struct StartedNodes {
  std::unique_ptr<provision::Cluster> cluster;  // null: there are none, and that was said
  std::vector<std::string> names;
  int exit_code = 0;  // then not 0
};

// Says on stderr what is wrong with the target, or that its nodes were not started by Muster.
StartedNodes ChooseStartedNodes(Shell& shell, const std::string& command, absl::string_view target);
// Of nodes that were chosen.
StartedNodes FindStartedNodes(Shell& shell, const std::string& command,
                              const std::vector<Node>& nodes);

// Stops the instances of the nodes, which stay nodes, or with `removes` do not. Asks first, unless
// `is_sure`. The exit code.
int StopStartedNodes(Shell& shell, const std::string& command, const StartedNodes& nodes,
                     bool removes, bool is_sure, bool is_dry);

}  // namespace muster::clustershell
