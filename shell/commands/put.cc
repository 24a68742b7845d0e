// put SOURCE... DESTINATION: files of this machine, copied to nodes.
#include "shell/command_list.h"
#include "shell/transfer_on_nodes.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  return TransferOnNodes(shell, Direction::kPut, "", rest);
}

}  // namespace

const ShellCommand kPutCommand = {
    "put",
    "put [FLAG...] [TARGET] SOURCE... DESTINATION",
    "copy files and trees to the nodes",
    "  put setup.sh /tmp/               into a folder of all nodes\n"
    "  put site.conf /etc/site.conf     under a name\n"
    "  @1-3 put *.csv 'my data' data/   to some nodes; patterns are of this machine\n"
    "  put 1-3 site.conf /etc/          the same nodes in dustcluster's order: the first of three\n"
    "                                   words, when it names nodes and is no file here\n"
    "  @n1 put --timeout 10m big /srv/  flags: --timeout, --grace, --cwd,\n"
    "                                   --dry-run, -o json\n"
    "Modes, times, symlinks, empty folders and holes are kept; what has the same name is "
    "replaced,\n"
    "nothing is deleted. A big file that was cut off goes on where it was when it is put again.\n"
    "Relative names on a node begin where its commands begin.\n",
    ShellCommand::Argument::kNone,
    &Run,
    false,
    true,
    false,
    &TransferFlagNames,
};

}  // namespace muster::clustershell
