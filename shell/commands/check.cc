// check: whether all nodes answer.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <string>
#include <vector>

#include "common/node_set.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

std::string Describe(const NodeCheck& check) {
  if (!check.functional) return check.reason;
  return absl::StrFormat("ok, %.1f ms, clusterd %s, Python %s",
                         static_cast<double>(check.latency.count()) / 1000, check.version,
                         check.python);
}

int Run(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  if (!behind.empty()) return shell.Usage("check", absl::StrCat("it takes no '", behind, "'"));
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  const ClusterCheck check = shell.cluster().clustercheck(chosen.nodes);
  std::vector<std::string> failed;
  for (const NodeCheck& node : check.nodes) {
    shell.output().NodeLines(Output::Stream::kStdout, node.node.name, Describe(node));
    if (!node.functional) failed.push_back(node.node.name);
  }
  std::string summary = absl::StrCat(chosen.nodes.size() - failed.size(), " ok");
  if (!failed.empty()) {
    absl::StrAppend(&summary, ", ", failed.size(), " failed (", Fold(failed), ")");
  }
  shell.output().Note(summary);
  return failed.empty() ? kExitOk : kExitUnreachable;
}

}  // namespace

const ShellCommand kCheckCommand = {
    "check",
    "check [TARGET]",
    "ask every node whether it works",
    "  check\n"
    "  check gpu*\n"
    "One line per node: ok, with the time it took to answer, or why not. Takes two seconds at\n"
    "most. The exit code is 4 when a node does not answer.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
