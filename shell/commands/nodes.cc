// nodes [TARGET]: which nodes a target means.
#include <string>
#include <vector>

#include "common/node_set.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  if (!behind.empty()) return shell.Usage("nodes", "it takes one target, without blanks");
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  std::vector<std::string> names;
  names.reserve(chosen.nodes.size());
  for (const Node& node : chosen.nodes) names.push_back(node.name);
  shell.output().Out(Fold(std::move(names)) + "\n");
  return kExitOk;
}

}  // namespace

const ShellCommand kNodesCommand = {
    "nodes",
    "nodes [TARGET]",
    "tell which nodes a target means",
    "  nodes                    all, in few words: n[1-3],gpu[1-2]\n"
    "  nodes gpu*!gpu3          before you run something there\n"
    "  nodes @web&cores>=8      'help targets' says what a target can be\n"
    "Nothing is run. The exit code is 3 when the target means no node, 2 when it is written "
    "wrong.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
