// ClusterTemplate: what a configuration says of clusters that are to be started: [cluster NAME]
// with `provider` or `nodes.KIND`, the [provider NAME], [setup NAME] and [plugin NAME] that it
// names, and the template that it `extends`. Everything is checked when it is read, before anything
// is touched. Reads no files but through ConfigFile. Pure; thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/config_file.h"
#include "provision/plugin_sections.h"
#include "provision/record.h"

namespace muster::provision {

struct ClusterTemplate {
  std::string name;
  std::string origin;    // FILE:LINE
  ClusterRecord record;  // of a cluster that has no nodes and no owner yet
  // How many of each kind, and what each is, without its name; in the order of the file.
  std::vector<std::pair<int, NodeRecord>> nodes;
  PluginPlan plugins;
};

// "4:compute" and so on, by kind.
using NodeCounts = std::map<std::string, int>;

// All that the file has, in its order. InvalidArgument: "FILE:LINE: what is wrong; valid here: …".
// With `wrong` a template that is wrong is left out, and why stands there, each line once.
absl::StatusOr<std::vector<ClusterTemplate>> ReadTemplates(
    const ConfigFile& file, std::vector<std::string>* wrong = nullptr);

// A cluster of it, with nodes that have names and were not started. `counts` go before those of the
// template. InvalidArgument: the name is none, or the template has no such kind.
absl::StatusOr<ClusterRecord> MakeCluster(const ClusterTemplate& from, const std::string& name,
                                          const NodeCounts& counts);

// "4:compute,1:frontend", or one number when there is only one kind, which is then named "".
// InvalidArgument: it is written wrong.
absl::StatusOr<NodeCounts> ParseNodeCounts(const std::string& text);

}  // namespace muster::provision
