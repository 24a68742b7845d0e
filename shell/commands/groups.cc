// groups: which groups of nodes there are.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <string>
#include <vector>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  if (!rest.empty()) return shell.Usage("groups", absl::StrCat("it takes no '", rest, "'"));
  const Result<std::vector<NodeGroup>> groups = shell.cluster().groups();
  if (!groups.ok()) {
    shell.output().Note(groups.status().message());
    return kExitUsage;
  }
  Table table({{"group"}, {"from"}, {"nodes"}});
  for (const NodeGroup& group : *groups) {
    table.Add({absl::StrCat("@", group.name), group.origin,
               absl::StrReplaceAll(group.target, {{"\n", " "}})});
  }
  shell.output().Out(table.Render(shell.output().columns()));
  return kExitOk;
}

}  // namespace

const ShellCommand kGroupsCommand = {
    "groups",
    "groups",
    "list the groups of nodes",
    "  groups\n"
    "Where each group is written, and what it stands for; @@NAME runs a command on its nodes. A\n"
    "program that knows groups is asked if it can list them.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
