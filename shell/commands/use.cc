// use: the nodes that one wants to work with.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/nearest.h"
#include "common/node_set.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

std::string NamesOf(const std::vector<Node>& nodes) {
  std::vector<std::string> names;
  for (const Node& node : nodes) names.push_back(node.name);
  return Fold(std::move(names));
}

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

int Run(Shell& shell, absl::string_view rest) {
  if (rest.empty()) return Tell(shell);
  const auto [word, behind] = SplitTarget(rest);
  if (!behind.empty()) return shell.Usage("use", absl::StrCat("it takes no '", behind, "'"));
  ClusterView& view = shell.view();
  const std::string before = view.used();
  const std::vector<Node> used = view.UsedNodes();
  view.UseAll();  // it is meant of all nodes
  if (word == "*") {
    shell.output().Note(absl::StrCat("using all ", shell.nodes().size(), " nodes"));
    return kExitOk;
  }
  std::vector<Node> nodes = NodesOfCluster(shell, word);
  if (nodes.empty()) {
    const ChosenNodes chosen = ChooseNodes(shell, word);
    if (chosen.nodes.empty()) {
      view.Use(before, used);
      const std::vector<std::string> clusters = view.ClusterNames();
      shell.output().Note(absl::StrCat("use: there is no cluster '", word, "' either",
                                       DidYouMean(word, clusters),
                                       "; clusters: ", absl::StrJoin(clusters, ", ")));
      return chosen.exit_code;
    }
    nodes = chosen.nodes;
  }
  view.Use(std::string(word), nodes);
  shell.output().Note(absl::StrCat("using ", word, ": ", NamesOf(nodes)));
  return kExitOk;
}

}  // namespace

const ShellCommand kUseCommand = {
    "use",
    "use [CLUSTER | TARGET | *]",
    "choose the nodes to work with",
    "  use spark1         a cluster, as `assign` or the configuration names it; `use` lists them\n"
    "  use tags=env:dev   any target; its nodes of this moment\n"
    "  use *              all nodes again\n"
    "From then on `@ cmd`, `show`, `tag *` and every other target mean nodes of it only; to name "
    "one\n"
    "outside is an error. Numbers stay what the last table showed. The prompt shows what is "
    "used.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
