// cluster: clusters that come and go.
#include <absl/strings/str_cat.h>

#include <string>
#include <vector>

#include "common/nearest.h"
#include "common/words.h"
#include "shell/cluster_commands.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

const std::vector<const ClusterCommand*>& ClusterCommands() {
  static const auto* const commands = new std::vector<const ClusterCommand*>{
      &kClusterNew,    &kClusterCreate, &kClusterStart,   &kClusterList,   &kClusterStatus,
      &kClusterSetup,  &kClusterStop,   &kClusterRestart, &kClusterPause,  &kClusterResume,
      &kClusterResize, &kClusterDelete, &kClusterGc,      &kClusterExport, &kClusterImport};
  return *commands;
}

std::vector<SubCommand> SubCommands() {
  std::vector<SubCommand> words;
  for (const ClusterCommand* command : ClusterCommands()) {
    words.push_back({command->name, SubCommand::Argument::kStartable, command->flags});
  }
  return words;
}

int Run(Shell& shell, absl::string_view rest) {
  const auto [name, behind] = SplitFirst(rest);
  for (const ClusterCommand* command : ClusterCommands()) {
    if (name == command->name) return command->run(shell, behind);
  }
  if (!name.empty()) {
    return shell.Usage("cluster", absl::StrCat("there is no '", name, "'",
                                               DidYouMean(name, WordsOf(SubCommands()))));
  }
  Table table({{"command"}, {"what it does"}});
  for (const ClusterCommand* command : ClusterCommands()) {
    table.Add({command->usage, command->summary});
  }
  shell.output().Out(table.Render(shell.output().columns()));
  return kExitOk;
}

}  // namespace

int WrongUse(Shell& shell, const ClusterCommand& command, absl::string_view what_is_wrong) {
  shell.output().Note(absl::StrCat("cluster ", command.name, ": ", what_is_wrong,
                                   "; usage: ", command.usage, "  ('help cluster' has examples)"));
  return kExitUsage;
}

const ShellCommand kClusterCommand = {
    "cluster",
    "cluster [new|create|start|list|status|setup|stop|restart|pause|resume|resize|delete|gc|export|"
    "import] ...",
    "start, change and remove clusters of one's own",
    "  cluster                    what each of them takes\n"
    "  cluster new                asks for name, provider and nodes, and writes a template\n"
    "  cluster create base1       starts a cluster as the template base1 says; also: cluster "
    "start\n"
    "  cluster start base1 -n b2 --nodes 4:compute   under another name, with other numbers\n"
    "  cluster list               those that were started, and the templates\n"
    "  cluster status base1       asks how its nodes are; -o json for programs\n"
    "  cluster setup base1        runs its setup and plugins, where they failed; --again: anew\n"
    "  cluster restart base1      stops and starts its nodes, and sets it up anew\n"
    "  cluster resize base1 -a 2:compute -r 1:frontend   more of one kind, fewer of another\n"
    "  cluster stop base1         stops its nodes; `cluster start base1` starts them again\n"
    "  cluster pause base1        and resume, where the provider can\n"
    "  cluster delete base1       stops and forgets it\n"
    "  cluster gc --dry-run       what no record knows and still runs\n"
    "  cluster export base1 FILE  its record as JSON; import reads it, elsewhere or --rename NAME\n"
    "stop, restart, delete, gc and resize -r ask first, unless -y is there; --dry-run says what "
    "would be "
    "done.\n"
    "Ctrl-C begins nothing more, saves and reports; the exit code is then 130, else 1 when a node\n"
    "failed, 2 when the line or the template is wrong, 3 when there is no such cluster.\n"
    "What is started is a target at once, in every shell of yours: `use base1`, `@base1 uptime`,\n"
    "`show cluster=base1`. docs/clusters.md has it all.\n",
    ShellCommand::Argument::kSubCommand,
    &Run,
    false,
    true,
    false,
    nullptr,
    &SubCommands,
};

}  // namespace muster::clustershell
