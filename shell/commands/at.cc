// @TARGET command: a line for the shell of the nodes.
#include <string>

#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/execution_flags.h"
#include "shell/run_on_nodes.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  // "@ uptime" names no target: all nodes. Only a blank right behind the @ says so.
  const bool names_none = rest.empty() || rest[0] == ' ' || rest[0] == '\t';
  const auto [word, behind] = SplitTarget(rest);
  const absl::string_view target = names_none ? "*" : word;
  ExecuteOptions options = shell.defaults();
  const auto line = TakeExecutionFlags(names_none ? rest : behind, options);
  if (!line.ok()) return shell.Usage("@", line.status().message());
  if (line->empty()) return shell.Usage("@", "there is no command for the nodes");
  return RunOnNodes(shell, target, muster::shell(std::string(*line)), options);
}

}  // namespace

const ShellCommand kAtCommand = {
    "@",
    "@TARGET [FLAG...] command",
    "run a command in the shell of the nodes",
    "  @ uptime                  on all nodes\n"
    "  @n1 df -h /               on one node\n"
    "  @1,3 hostname; date       by index, as `show` lists them\n"
    "  @1-3 ls /tmp | wc -l      a range; everything behind the target belongs to the node\n"
    "  @gpu*,!gpu3 nvidia-smi    names with * and ?, but not that one\n"
    "  @n[01-10] uptime          many names in few words\n"
    "  @tags=env:prod uptime     by tags and other attributes; 'help targets' has them all\n"
    "  @@web uptime              the nodes of the group @web\n"
    "  @1 --timeout 5s make      flags say how it runs; -- ends them\n"
    "What a node writes comes as it comes, line by line, with its name in front; what it writes "
    "to\n"
    "stderr goes to stderr. On a terminal, control characters in it are shown as text.\n"
    "Ctrl-C stops the command on all nodes, a second one at once.\n",
    ShellCommand::Argument::kTarget,
    &Run,
    true,
};

}  // namespace muster::clustershell
