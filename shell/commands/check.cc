// check: whether all nodes answer.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include <string>
#include <vector>

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
  if (!rest.empty()) return shell.Usage("check", absl::StrCat("it takes no '", rest, "'"));
  const ClusterCheck check = shell.cluster().clustercheck();
  std::vector<std::string> failed;
  for (const NodeCheck& node : check.nodes) {
    shell.output().NodeLines(Output::Stream::kStdout, node.node.name, Describe(node));
    if (!node.functional) failed.push_back(node.node.name);
  }
  std::string summary = absl::StrCat(check.nodes.size() - failed.size(), " ok");
  if (!failed.empty()) {
    absl::StrAppend(&summary, ", ", failed.size(), " failed (", absl::StrJoin(failed, ","), ")");
  }
  shell.output().Note(summary);
  return check ? kExitOk : kExitUnreachable;
}

}  // namespace

const ShellCommand kCheckCommand = {
    "check",
    "check",
    "ask every node whether it works",
    "  check\n"
    "One line per node: ok, with the time it took to answer, or why not. Takes two seconds at\n"
    "most. The exit code is 4 when a node does not answer.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
