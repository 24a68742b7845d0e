// debug: whether a failure shows the whole traceback of the node.
#include <absl/strings/str_cat.h>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  if (rest.empty()) {
    shell.set_shows_tracebacks(!shell.shows_tracebacks());
  } else if (rest == "on" || rest == "off") {
    shell.set_shows_tracebacks(rest == "on");
  } else {
    return shell.Usage("debug", absl::StrCat("'", rest, "' is neither on nor off"));
  }
  shell.output().Note(shell.shows_tracebacks() ? "debug on" : "debug off");
  return kExitOk;
}

}  // namespace

const ShellCommand kDebugCommand = {
    "debug",
    "debug [on|off]",
    "show the tracebacks of the nodes, or only one line for each failure",
    "  debug        toggles\n"
    "  debug on     as the flag --debug\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
