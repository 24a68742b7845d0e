// clustertestprog: every node computes, all at once, as python_cluster's test program.
#include <absl/strings/str_cat.h>

#include "shell/command_list.h"
#include "shell/run_on_nodes.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

// Node k of the call, from 1.
constexpr char kSource[] = "import os; 99 ** (99 + int(os.environ['MUSTER_RANK']) + 1)";

int Run(Shell& shell, absl::string_view rest) {
  if (!rest.empty())
    return shell.Usage("clustertestprog", absl::StrCat("it takes no '", rest, "'"));
  shell.output().Note("Calculating. Please wait.");
  return RunOnNodes(shell, shell.nodes(), muster::python(kSource), shell.defaults());
}

}  // namespace

const ShellCommand kClustertestprogCommand = {
    "clustertestprog",
    "clustertestprog",
    "let every node compute something, all at once",
    "  clustertestprog\n"
    "Node k computes 99 ** (99 + k). It is the smallest sign that a whole cluster works.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
