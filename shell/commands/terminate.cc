// start and terminate: nodes of a cluster that was started, by target.
#include <absl/strings/str_cat.h>

#include <string>

#include "common/node_set.h"
#include "shell/chosen_nodes.h"
#include "shell/cluster_records.h"
#include "shell/cluster_run.h"
#include "shell/command_list.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/started_nodes.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{'y', "--yes"}, {0, "--dry-run"}};

int Start(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  const auto words = CommandWords::Parse(behind, kFlags);
  if (!words.ok()) return shell.Usage("start", words.status().message());
  if (target.empty() || !words->rest().empty()) return shell.Usage("start", "it takes one target");
  if (shell.nodes().empty() && FindTemplate(shell, std::string(target)).ok()) {
    return shell.Usage("start", absl::StrCat("'", target, "' is a template; `cluster start ",
                                             target, "` starts a cluster of it"));
  }
  const StartedNodes nodes = ChooseStartedNodes(shell, "start", target);
  if (nodes.cluster == nullptr) return nodes.exit_code;
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would start ", Fold(nodes.names), " of ",
                                    nodes.cluster->record().name, "\n"));
    return kExitOk;
  }
  provision::StartOptions options;
  options.only = nodes.names;
  options.keeps_on_timeout = true;
  ClusterRun run(shell, "start", nodes.names);
  return run.Tell(run.Run(*nodes.cluster, [&](const provision::Watch& watch) {
    return nodes.cluster->Start(options, watch);
  }));
}

int Terminate(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  const auto words = CommandWords::Parse(behind, kFlags);
  if (!words.ok()) return shell.Usage("terminate", words.status().message());
  if (target.empty() || !words->rest().empty()) {
    return shell.Usage("terminate", "it takes one target");
  }
  const StartedNodes nodes = ChooseStartedNodes(shell, "terminate", target);
  if (nodes.cluster == nullptr) return nodes.exit_code;
  return StopStartedNodes(shell, "terminate", nodes, true, words->Has("--yes"),
                          words->Has("--dry-run"));
}

}  // namespace

const ShellCommand kStartCommand = {
    "start",
    "start TARGET [-y] [--dry-run]",
    "start nodes that were stopped",
    "  start wo*             nodes of a cluster that `cluster start` made\n"
    "  start state=stop*     all that are stopped\n"
    "  start cluster=slurm1  of another cluster\n"
    "It waits until they are alive. `cluster start` makes a cluster, and starts all of one.\n",
    ShellCommand::Argument::kTarget,
    &Start,
    false,
    true,
    false,
    [] { return NamesOf(kFlags); },
};

const ShellCommand kTerminateCommand = {
    "terminate",
    "terminate TARGET [-y] [--dry-run]",
    "stop nodes, and remove them from their cluster",
    "  terminate worker[0-2]   shows the nodes and asks\n"
    "  terminate 3 -y          does not ask\n"
    "Of a cluster that `cluster start` made. `stop` keeps a node, so that `start` starts it "
    "again.\n",
    ShellCommand::Argument::kTarget,
    &Terminate,
    false,
    true,
    false,
    [] { return NamesOf(kFlags); },
};

}  // namespace muster::clustershell
