// help [COMMAND]: what there is to type.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <string>

#include "common/nearest.h"
#include "common/target_attribute.h"
#include "shell/command_list.h"
#include "shell/execution_flags.h"
#include "shell/exit_code.h"
#include "shell/line_flags.h"
#include "shell/report_flags.h"
#include "shell/run_flags.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

constexpr char kTargets[] =
    "What stands for nodes, wherever a command takes a TARGET, without blanks:\n"
    "  3  1,3-5  1-9/2      by index, as `show` lists them\n"
    "  n1  gpu*  n?         by name, with * and ?\n"
    "  n[1-3,7]             many names in few words; n[01-10] with zeros, n[0-10/2] in steps,\n"
    "                       rack[1-2]n[1-4] in several dimensions\n"
    "  state=running        by attribute; = and != compare texts, with * and ?, and numbers also\n"
    "                       by < <= > >=: cores>=8, memory>16G, load<1, python>=3.11\n"
    "  tags=env:prod        by what [node NAMES] of the configuration says\n"
    "  @web  @slurm:idle    by group; `groups` lists them. At the prompt the first @ is the verb,\n"
    "                       so a command on @web is: @@web uptime\n"
    "Joined from left to right by , and   ! but not   & of these only   ^ one of the two:\n"
    "  @gpu*,!gpu3 nvidia-smi\n"
    "  @state=running&cores>=8 uptime\n"
    "Quotes and \\ keep what they hold: tags='two words'. A target that names no node is an "
    "error,\n"
    "and so is every term that names none. Attributes: ";

std::string TargetsHelp() {
  return absl::StrCat(kTargets,
                      absl::StrJoin(Attributes(), ", ",
                                    [](std::string* out, const Attribute& attribute) {
                                      out->append(attribute.name);
                                    }),
                      ".\n");
}

int Run(Shell& shell, absl::string_view rest) {
  if (rest.empty()) {
    Table table({{"command"}, {"what it does"}});
    for (const ShellCommand* command : Commands()) table.Add({command->usage, command->summary});
    shell.output().Out(absl::StrCat(table.Render(),
                                    "\n'help COMMAND' has examples; 'help targets' says how nodes "
                                    "are named.\n"));
    return kExitOk;
  }
  if (rest == "targets") {
    shell.output().Out(TargetsHelp());
    return kExitOk;
  }
  const ShellCommand* command = FindCommand(rest);
  if (command == nullptr) {
    return shell.Usage(
        "help", absl::StrCat("there is no command '", rest, "'", DidYouMean(rest, CommandNames())));
  }
  shell.output().Out(absl::StrCat(
      command->usage, "\n", command->summary, "\n\n", command->help,
      command->takes_flags ? LineFlagsHelp("How it is told:", ReportFlags()) +
                                 LineFlagsHelp("How it is sent:", RunFlags()) + ExecutionFlagsHelp()
                           : ""));
  return kExitOk;
}

}  // namespace

const ShellCommand kHelpCommand = {
    "help",
    "help [COMMAND|targets]",
    "list the commands, or explain one",
    "  help\n"
    "  help @\n"
    "  help targets   how nodes are named\n",
    ShellCommand::Argument::kCommand,
    &Run,
    false,
    true,
};

}  // namespace muster::clustershell
