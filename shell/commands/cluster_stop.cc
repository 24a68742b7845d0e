// cluster stop, delete, pause, resume: what ends a cluster, for good or for a while.
#include <absl/strings/str_cat.h>

#include <functional>
#include <string>
#include <vector>

#include "common/node_set.h"
#include "shell/cluster_commands.h"
#include "shell/cluster_records.h"
#include "shell/cluster_run.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

using provision::Cluster;
using provision::Report;
using provision::Watch;

struct Ending {
  const ClusterCommand* command;
  bool asks;
  const char* done;  // "is stopped"
  std::function<Report(Cluster& cluster, bool force, const Watch& watch)> run;
};

int End(Shell& shell, const Ending& ending, absl::string_view rest) {
  const ClusterCommand& command = *ending.command;
  const std::string title = absl::StrCat("cluster ", command.name);
  std::vector<WordFlag> flags = {{0, "--dry-run"}};
  if (ending.asks) flags.insert(flags.end(), {{'y', "--yes"}, {0, "--force"}});
  const auto words = CommandWords::Parse(rest, flags);
  if (!words.ok()) return WrongUse(shell, command, words.status().message());
  if (words->rest().size() != 1) return WrongUse(shell, command, "it takes one cluster");
  const std::string& name = words->rest().front();
  const auto cluster = OpenClusterRecord(name, words->Has("--force"));
  if (!cluster.ok()) return TellError(shell, title, cluster.status());
  std::vector<std::string> names;
  for (const auto& node : (*cluster)->record().nodes) names.push_back(node.name);
  const std::string nodes = names.empty() ? "no nodes" : Fold(names);
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would ", command.name, " ", name, ": ", nodes, "\n"));
    return kExitOk;
  }
  if (ending.asks && !words->Has("--yes") &&
      !Confirm(shell, absl::StrCat(title, ": ", name, " has ", nodes),
               absl::StrCat(command.name, " it?"), "-y says yes")) {
    return kExitUsage;
  }
  ClusterRun run(shell, title, names);
  const int exit_code = run.Tell(ending.run(**cluster, words->Has("--force"), run.watch()));
  if (exit_code == kExitOk) shell.output().Note(absl::StrCat(name, " ", ending.done));
  return exit_code;
}

int RunStop(Shell& shell, absl::string_view rest) {
  return End(shell,
             {&kClusterStop, true, "is stopped; `cluster start` starts it again",
              [](Cluster& cluster, bool force, const Watch& watch) {
                return cluster.Stop({}, false, force, watch);
              }},
             rest);
}

int RunDelete(Shell& shell, absl::string_view rest) {
  return End(shell,
             {&kClusterDelete, true, "is deleted",
              [](Cluster& cluster, bool force, const Watch& watch) {
                return cluster.Stop({}, true, force, watch);
              }},
             rest);
}

int RunPause(Shell& shell, absl::string_view rest) {
  return End(shell,
             {&kClusterPause, false, "is paused; `cluster resume` goes on with it",
              [](Cluster& cluster, bool, const Watch& watch) { return cluster.Pause({}, watch); }},
             rest);
}

int RunResume(Shell& shell, absl::string_view rest) {
  return End(shell,
             {&kClusterResume, false, "runs",
              [](Cluster& cluster, bool, const Watch& watch) { return cluster.Resume({}, watch); }},
             rest);
}

}  // namespace

const ClusterCommand kClusterStop = {"stop", "cluster stop CLUSTER [-y] [--force] [--dry-run]",
                                     "stop the nodes of a cluster, which stays", &RunStop};
const ClusterCommand kClusterDelete = {"delete",
                                       "cluster delete CLUSTER [-y] [--force] [--dry-run]",
                                       "stop the nodes of a cluster, and forget it", &RunDelete};
const ClusterCommand kClusterPause = {"pause", "cluster pause CLUSTER [--dry-run]",
                                      "suspend the nodes, where the provider can", &RunPause};
const ClusterCommand kClusterResume = {"resume", "cluster resume CLUSTER [--dry-run]",
                                       "go on with them", &RunResume};

}  // namespace muster::clustershell
