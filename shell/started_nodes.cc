#include "shell/started_nodes.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "common/node_set.h"
#include "provision/node_health.h"
#include "shell/chosen_nodes.h"
#include "shell/cluster_records.h"
#include "shell/cluster_run.h"
#include "shell/exit_code.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

StartedNodes None(int exit_code) {
  StartedNodes none;
  none.exit_code = exit_code;
  return none;
}

}  // namespace

StartedNodes FindStartedNodes(Shell& shell, const std::string& command,
                              const std::vector<Node>& nodes) {
  const std::string name = nodes.front().cluster;
  auto cluster = OpenClusterRecord(shell, name);
  if (!cluster.ok() && !absl::IsNotFound(cluster.status())) {
    return None(TellError(shell, command, cluster.status()));
  }
  StartedNodes found;
  std::vector<std::string> others;
  const provision::ClusterRecord record =
      cluster.ok() ? (*cluster)->record() : provision::ClusterRecord();
  for (const Node& node : nodes) {
    const provision::NodeRecord* const known = record.Find(node.name);
    // A cluster of the configuration may have the same name, and other nodes.
    if (known == nullptr || provision::ClientAddress(*known) != node.address) {
      others.push_back(node.name);
    } else {
      found.names.push_back(node.name);
    }
  }
  if (others.empty()) {
    found.cluster = *std::move(cluster);
    return found;
  }
  shell.output().Note(
      absl::StrCat(command, ": ", Fold(others), " of ", name, others.size() == 1 ? " was" : " were",
                   " not started by Muster, so nothing was done; `cluster list` shows what was"));
  return None(kExitUsage);
}

StartedNodes ChooseStartedNodes(Shell& shell, const std::string& command,
                                absl::string_view target) {
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return None(chosen.exit_code);
  return FindStartedNodes(shell, command, chosen.nodes);
}

int StopStartedNodes(Shell& shell, const std::string& command, const StartedNodes& nodes,
                     bool removes, bool is_sure, bool is_dry) {
  const std::string cluster = nodes.cluster->record().name;
  const std::string names = Fold(nodes.names);
  if (is_dry || shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would ", command, " ", names, " of ", cluster, "\n"));
    return kExitOk;
  }
  const std::string why =
      absl::StrCat(command, ": ", names, " of ", cluster,
                   removes ? ", which will be gone" : ", which can be started again");
  if (!is_sure && !Confirm(shell, why, absl::StrCat(command, " ", names, "?"), "-y says yes")) {
    return kExitUsage;
  }
  ClusterRun run(shell, command, nodes.names);
  provision::Report report = run.Run(*nodes.cluster, [&](const provision::Watch& watch) {
    return removes ? nodes.cluster->Remove(nodes.names, false, watch)
                   : nodes.cluster->Stop(nodes.names, false, false, watch);
  });
  for (provision::NodeResult& node : report.nodes) {
    if (removes && node.ok) node.text = "terminated";
  }
  return run.Tell(report);
}

}  // namespace muster::clustershell
