// clustercheck: whether all nodes answer, as python_cluster's prompt tells it.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  if (!rest.empty()) return shell.Usage("clustercheck", absl::StrCat("it takes no '", rest, "'"));
  int exit_code = kExitOk;
  for (const NodeCheck& node : shell.cluster().clustercheck().nodes) {
    const double milliseconds = static_cast<double>(node.latency.count()) / 1000;
    shell.output().Out(absl::StrCat("Server ", node.node.name,
                                    node.functional ? absl::StrFormat(" OK (%.1f ms)", milliseconds)
                                                    : absl::StrCat(" FAIL (", node.reason, ")"),
                                    "\n"));
    if (!node.functional) exit_code = kExitUnreachable;
  }
  shell.output().Note("Done!");
  return exit_code;
}

}  // namespace

const ShellCommand kClustercheckCommand = {
    "clustercheck",
    "clustercheck",
    "ask every node whether it works, as python_cluster did",
    "  clustercheck\n"
    "One line per node, OK or FAIL with the reason; `check` is ours. The exit code is 4 when a "
    "node\n"
    "does not answer.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
