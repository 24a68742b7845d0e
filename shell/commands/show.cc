// show: the nodes of the cluster and what they say of themselves.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include <string>
#include <vector>

#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

std::string InGibibytes(std::uint64_t bytes) {
  return absl::StrFormat("%.1f GiB", static_cast<double>(bytes) / (1u << 30));
}

// "gpu:1/2": free and all, but for what every machine has.
std::string SlotsOf(const NodeCheck& check) {
  std::vector<std::string> slots;
  for (const NodeSlot& slot : check.slots) {
    if (slot.name == "cores" || slot.name == "memory") continue;
    slots.push_back(absl::StrCat(slot.name, ":", slot.free, "/", slot.total));
  }
  return slots.empty() ? "-" : absl::StrJoin(slots, ",");
}

int Run(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  if (!behind.empty()) return shell.Usage("show", absl::StrCat("it takes no '", behind, "'"));
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  Table table({{"@", true},
               {"name"},
               {"address"},
               {"state"},
               {"cores", true},
               {"memory", true},
               {"python"},
               {"running", true},
               {"slots"},
               {"tags"}});
  const std::vector<NodeCheck> checks = shell.cluster().clustercheck().nodes;
  for (const Node& node : chosen.nodes) {
    const NodeCheck& check = checks[static_cast<std::size_t>(node.index) - 1];
    const bool is_known = check.state != "down";
    const std::string tags = absl::StrJoin(node.tags, ",");
    table.Add({absl::StrCat(node.index), node.name, node.address, check.state,
               is_known ? absl::StrCat(check.cores) : "-",
               is_known ? InGibibytes(check.memory_bytes) : "-", is_known ? check.python : "-",
               is_known ? absl::StrCat(check.running) : "-", SlotsOf(check),
               tags.empty() ? "-" : tags});
  }
  shell.output().Out(table.Render());
  for (const Node& node : chosen.nodes) {
    const NodeCheck& check = checks[static_cast<std::size_t>(node.index) - 1];
    if (check.functional) continue;
    shell.output().NodeLines(Output::Stream::kStderr, check.node.name, check.reason);
  }
  return kExitOk;
}

}  // namespace

const ShellCommand kShowCommand = {
    "show",
    "show [TARGET]",
    "list the nodes",
    "  show\n"
    "  show tags=env:prod   'help targets' says how nodes are named\n"
    "The first column is the index that a target may name. The state is running, draining (it "
    "ends,\n"
    "and takes nothing new) or down; `running` counts the commands that run there now; `slots` is "
    "what a "
    "command may\nask for with --resources, as free/all. Why a node "
    "is down stands below the table, on stderr; `check` has an exit "
    "code\n"
    "for it.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
