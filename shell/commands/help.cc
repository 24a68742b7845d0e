// help [COMMAND]: what there is to type.
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <string>
#include <utility>
#include <vector>

#include "common/nearest.h"
#include "common/target_attribute.h"
#include "shell/command_list.h"
#include "shell/execution_flags.h"
#include "shell/exit_code.h"
#include "shell/former_commands.h"
#include "shell/line_flags.h"
#include "shell/programs/start_program.h"
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

// Narrower terminals get names only, so that something is left for what they do.
constexpr std::size_t kUsageColumns = 80;

std::string TargetsHelp() {
  return absl::StrCat(kTargets,
                      absl::StrJoin(Attributes(), ", ",
                                    [](std::string* out, const Attribute& attribute) {
                                      out->append(attribute.name);
                                    }),
                      ".\n");
}

// The first line of a command's help, which is an example.
absl::string_view FirstExample(const ShellCommand& command) {
  const absl::string_view help = command.help;
  return help.substr(0, help.find('\n') + 1);
}

std::string ProgramHelp(const ProgramEntry& program) {
  std::string text = absl::StrCat(program.usage, "\n");
  if (!program.summary.empty()) absl::StrAppend(&text, program.summary, "\n");
  if (!program.help.empty()) {
    absl::StrAppend(&text, "\n", absl::StripTrailingAsciiWhitespace(program.help), "\n");
  }
  if (!program.path.empty()) {
    absl::StrAppend(&text, "\nfrom ", program.path,
                    program.line > 0 ? absl::StrCat(":", program.line) : "", "\n");
  }
  return text;
}

int ListAll(Shell& shell) {
  std::string text = "Examples:\n";
  for (const ShellCommand* command : {&kAtCommand, &kPyCommand, &kPutCommand, &kRunCommand}) {
    absl::StrAppend(&text, FirstExample(*command));
  }
  Table commands({{"command"}, {"what it does"}});
  const std::size_t columns = shell.output().columns();
  const bool is_narrow = columns < kUsageColumns;
  for (const ShellCommand* command : Commands()) {
    commands.Add({is_narrow ? command->name : command->usage, command->summary});
  }
  Table programs({{"program"}, {"what it does"}});
  for (const ProgramEntry& program : shell.programs().entries()) {
    programs.Add({is_narrow ? program.name : program.usage, program.summary});
  }
  shell.output().Out(absl::StrCat(text, "\n", commands.Render(columns), "\n",
                                  programs.Render(columns),
                                  "\n'help COMMAND' has examples; 'help targets' says how nodes "
                                  "are named.\n"));
  return kExitOk;
}

int Run(Shell& shell, absl::string_view rest) {
  RefreshPrograms(shell);
  if (rest.empty()) return ListAll(shell);
  if (rest == "targets") {
    shell.output().Out(TargetsHelp());
    return kExitOk;
  }
  const ShellCommand* command = FindCommand(rest);
  const ProgramEntry* program = shell.programs().Find(rest);
  if (command == nullptr && program != nullptr) {
    shell.output().Out(ProgramHelp(*program));
    return kExitOk;
  }
  if (command == nullptr) {
    if (const FormerCommand* former = FindFormerCommand(rest)) {
      shell.output().Note(
          absl::StrCat(rest, " of ", former->origin, " is not offered: ", former->instead));
      return kExitUsage;
    }
    std::vector<std::string> known = CommandNames();
    for (std::string& name : shell.programs().names()) known.push_back(std::move(name));
    return shell.Usage("help",
                       absl::StrCat("there is no command '", rest, "'", DidYouMean(rest, known)));
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
    "help [COMMAND|PROGRAM|targets]",
    "list the commands, or explain one",
    "  help\n"
    "  help @\n"
    "  help targets   how nodes are named\n"
    "  help wordcount a program, with where it comes from\n",
    ShellCommand::Argument::kCommand,
    &Run,
    false,
    true,
};

}  // namespace muster::clustershell
