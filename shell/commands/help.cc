// help [COMMAND]: what there is to type.
#include <absl/strings/str_cat.h>

#include "shell/command_list.h"
#include "shell/execution_flags.h"
#include "shell/exit_code.h"
#include "shell/nearest.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  if (rest.empty()) {
    Table table({{"command"}, {"what it does"}});
    for (const ShellCommand* command : Commands()) table.Add({command->usage, command->summary});
    shell.output().Out(absl::StrCat(table.Render(), "\n'help COMMAND' has examples.\n"));
    return kExitOk;
  }
  const ShellCommand* command = FindCommand(rest);
  if (command == nullptr) {
    return shell.Usage(
        "help", absl::StrCat("there is no command '", rest, "'", DidYouMean(rest, CommandNames())));
  }
  shell.output().Out(absl::StrCat(command->usage, "\n", command->summary, "\n\n", command->help,
                                  command->takes_flags ? ExecutionFlagsHelp() : ""));
  return kExitOk;
}

}  // namespace

const ShellCommand kHelpCommand = {
    "help",
    "help [COMMAND]",
    "list the commands, or explain one",
    "  help\n"
    "  help @\n",
    ShellCommand::Argument::kCommand,
    &Run,
};

}  // namespace muster::clustershell
