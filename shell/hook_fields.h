// HookFields: what hooks want to be known of nodes besides what their daemons tell
// (register_node_fields), for `show -vv`, its JSON and its search. Main thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

// Name and value of each field, by name of the node.
using HookFields = std::map<std::string, std::vector<std::pair<std::string, std::string>>>;

// Asks the hooks which fields there are, and for each its value: a module that has the function
// instance_information(node, fields), else the record of a node that was started here. None where
// no hooks are switched on.
HookFields AskForFields(const std::vector<NodeCheck>& checks);

}  // namespace muster::clustershell
