// get SOURCE... DESTINATION: files of nodes, copied to this machine.
#include "shell/command_list.h"
#include "shell/transfer_on_nodes.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  return TransferOnNodes(shell, Direction::kGet, "", rest);
}

}  // namespace

const ShellCommand kGetCommand = {
    "get",
    "get [FLAG...] [TARGET] SOURCE... DESTINATION",
    "copy files and trees of the nodes here",
    "  @n1 get /etc/hostname .          into a folder of this machine\n"
    "  @n1 get result.txt n1.txt        under a name\n"
    "  get /var/log/*.log logs/         of all nodes: logs/NAME.NODE; patterns are of the node\n"
    "  get 1 /etc/hostname .            likewise in dustcluster's order, when the first word "
    "names\n"
    "                                   nodes; ./1 is a file\n"
    "  @1,2 get --timeout 1m data .     flags: --timeout, --grace, --cwd,\n"
    "                                   --dry-run, -o json\n"
    "Of one node a file keeps its name; of several its name gets .NODE behind it. Otherwise as\n"
    "`put`.\n",
    ShellCommand::Argument::kNone,
    &Run,
    false,
    true,
    false,
    &TransferFlagNames,
};

}  // namespace muster::clustershell
