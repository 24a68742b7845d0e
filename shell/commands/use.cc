// use: the nodes that one wants to work with.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/strip.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/nearest.h"
#include "common/node_set.h"
#include "shell/chosen_nodes.h"
#include "shell/cluster_records.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

int Tell(Shell& shell) {
  const ClusterView& view = shell.view();
  const std::vector<Node> nodes = view.UsedNodes();
  const std::string what = view.used().empty() ? "all nodes" : view.used();
  shell.output().Out(absl::StrCat(what, ": ", nodes.empty() ? "no node any more" : NamesOf(nodes),
                                  "\nclusters: ", absl::StrJoin(view.ClusterNames(), ", "), "\n"));
  return kExitOk;
}

std::vector<Node> NodesOfCluster(Shell& shell, absl::string_view name) {
  std::vector<Node> nodes;
  for (const Node& node : shell.nodes()) {
    if (name == node.cluster || name == node.member_of) nodes.push_back(node);
  }
  return nodes;
}

bool IsConfigured(Shell& shell, absl::string_view name) {
  const std::vector<std::string>& clusters = shell.cluster().clusters();
  return std::find(clusters.begin(), clusters.end(), std::string(name)) != clusters.end();
}

int UseAll(Shell& shell) {
  const Status status = shell.view().UseAll();
  if (!status.ok()) {
    shell.output().Note(absl::StrCat("use: ", status.message()));
    return kExitUsage;
  }
  shell.output().Note(absl::StrCat("using all ", shell.nodes().size(), " nodes"));
  return kExitOk;
}

// To another cluster of the configuration.
int Switch(Shell& shell, const std::string& name) {
  const Result<std::string> switched = shell.view().Switch(name);
  if (!switched.ok()) {
    shell.output().Note(absl::StrCat("use: ", switched.status().message()));
    return kExitUsage;
  }
  shell.output().Note(absl::StrCat("using ", name, ": ", NamesOf(shell.nodes())));
  return kExitOk;
}

int Run(Shell& shell, absl::string_view rest) {
  if (rest.empty()) return Tell(shell);
  auto [word, behind] = SplitTarget(rest);
  if (!behind.empty()) return shell.Usage("use", absl::StrCat("it takes no '", behind, "'"));
  if (word == "*") return UseAll(shell);
  if (absl::string_view name = word; absl::ConsumePrefix(&name, "cluster=")) {
    const std::vector<std::string> others = shell.view().OtherClusters();
    if (std::find(others.begin(), others.end(), std::string(name)) != others.end()) word = name;
  }
  ClusterView& view = shell.view();
  const std::string before = view.used();
  const std::vector<Node> used = view.UsedNodes();
  view.ForgetUse();  // it is meant of all nodes
  std::vector<Node> nodes = NodesOfCluster(shell, word);
  if (nodes.empty() && IsConfigured(shell, word)) return Switch(shell, std::string(word));
  if (nodes.empty() && IsTemplate(shell, std::string(word))) {
    if (before != view.used()) view.Use(before, used);
    shell.output().Note(NotStarted(std::string(word)));
    return kExitNoMatch;
  }
  if (nodes.empty()) {
    const ChosenNodes chosen = ChooseNodes(shell, word);
    if (chosen.nodes.empty()) {
      if (before != view.used()) view.Use(before, used);
      const std::vector<std::string> clusters = view.ClusterNames();
      shell.output().Note(absl::StrCat("use: there is no cluster '", word, "' either",
                                       DidYouMean(word, clusters),
                                       "; clusters: ", absl::StrJoin(clusters, ", ")));
      return chosen.exit_code;
    }
    nodes = chosen.nodes;
  }
  // A number would say something else in the next table.
  const bool is_number = word.find_first_not_of("0123456789,-[]/") == absl::string_view::npos;
  view.Use(is_number ? NamesOf(nodes) : std::string(word), nodes);
  shell.output().Note(absl::StrCat("using ", view.used(), ": ", NamesOf(nodes)));
  return kExitOk;
}

}  // namespace

const ShellCommand kUseCommand = {
    "use",
    "use [CLUSTER | TARGET | *]",
    "choose the nodes to work with",
    "  use spark1         a cluster that `assign` made, or another one of the configuration; "
    "`use`\n"
    "                     lists them\n"
    "  use tags=env:dev   any target; its nodes of this moment\n"
    "  use *              all nodes again\n"
    "From then on `@ cmd`, `show`, `tag *`, programs and every other target mean nodes of it only; "
    "to name "
    "one\n"
    "outside is an error. Numbers stay what the last table showed. The prompt shows what is "
    "used.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
