// exit, quit: the end of the shell.
#include <absl/strings/str_cat.h>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  if (!rest.empty()) return shell.Usage("exit", absl::StrCat("it takes no '", rest, "'"));
  shell.End();
  return kExitOk;
}

}  // namespace

const ShellCommand kExitCommand = {
    "exit",
    "exit",
    "leave the shell (Ctrl-D does, too)",
    "  exit\n"
    "Nodes of --local end with the shell; others stay.\n",
    ShellCommand::Argument::kNone,
    &Run,
    false,
    true,
};

const ShellCommand kQuitCommand = {
    "quit", "quit", "the same as exit", "  quit\n", ShellCommand::Argument::kNone, &Run,
    false,  true,
};

}  // namespace muster::clustershell
