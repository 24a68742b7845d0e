// show: the nodes of the cluster and what they say of themselves.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <string>
#include <vector>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

std::string InGibibytes(std::uint64_t bytes) {
  return absl::StrFormat("%.1f GiB", static_cast<double>(bytes) / (1u << 30));
}

int Run(Shell& shell, absl::string_view rest) {
  if (!rest.empty()) return shell.Usage("show", absl::StrCat("it takes no '", rest, "'"));
  Table table({{"@", true},
               {"name"},
               {"address"},
               {"state"},
               {"cores", true},
               {"memory", true},
               {"python"},
               {"running", true}});
  const std::vector<NodeCheck> checks = shell.cluster().clustercheck().nodes;
  for (const NodeCheck& check : checks) {
    const std::string index = absl::StrCat(check.node.index);
    if (check.functional) {
      table.Add({index, check.node.name, check.node.address, "up", absl::StrCat(check.cores),
                 InGibibytes(check.memory_bytes), check.python, absl::StrCat(check.running)});
    } else {
      table.Add({index, check.node.name, check.node.address, "down", "-", "-", "-", "-"});
    }
  }
  shell.output().Out(table.Render());
  for (const NodeCheck& check : checks) {
    if (check.functional) continue;
    shell.output().NodeLines(Output::Stream::kStderr, check.node.name, check.reason);
  }
  return kExitOk;
}

}  // namespace

const ShellCommand kShowCommand = {
    "show",
    "show",
    "list the nodes",
    "  show\n"
    "The first column is the index that a target may name; `running` counts the commands that\n"
    "run there now. Why a node is down stands below the table, on stderr; `check` has an exit "
    "code\n"
    "for it.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
