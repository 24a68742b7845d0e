// refresh: the configuration, its groups and tags, read again.
#include <absl/strings/str_cat.h>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  if (!rest.empty()) return shell.Usage("refresh", absl::StrCat("it takes no '", rest, "'"));
  // What every line does before it runs; here it is said what came of it.
  if (!shell.Refresh()) return kExitUsage;
  const std::string difference = DifferenceOf(shell.view().shown().nodes(), shell.view().nodes());
  const std::size_t count = shell.nodes().size();
  shell.output().Note(absl::StrCat(count, count == 1 ? " node" : " nodes", "; ",
                                   difference.empty()
                                       ? "the list is that of the last table"
                                       : absl::StrCat("since the last table: ", difference)));
  return kExitOk;
}

}  // namespace

const ShellCommand kRefreshCommand = {
    "refresh",
    "refresh",
    "read the configuration again",
    "  refresh\n"
    "The list of nodes, groups, tags and login rules. Every line looks whether one of these files\n"
    "has changed, so it is hardly needed; what nodes say of themselves is asked anew each time.\n"
    "It tells how the list differs from the last table. Numbers mean what that showed, until the\n"
    "next `show`.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
