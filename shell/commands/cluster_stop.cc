// cluster stop, delete, pause, resume: what ends a cluster, for good or for a while.
#include <absl/strings/str_cat.h>

#include <functional>
#include <map>
#include <optional>
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

constexpr WordFlag kEndFlags[] = {{0, "--dry-run"}, {'y', "--yes"}, {0, "--force"}};
constexpr WordFlag kPauseFlags[] = {{0, "--dry-run"}};

using provision::Cluster;
using provision::ClusterRecord;
using provision::NodeState;
using provision::Report;
using provision::Watch;

struct Ending {
  const ClusterCommand* command;
  bool asks;
  const char* done;  // "is stopped"
  // Why there is nothing to do; empty: there is.
  std::string (*why_not)(const ClusterRecord& record);
  std::function<Report(Cluster& cluster, bool force, const Watch& watch)> run;
  std::optional<NodeState> leaves = {};  // what its nodes are then; others are told
};

std::string Never(const ClusterRecord& /*record*/) { return ""; }

// Of nodes that neither run nor are paused, or are on the way there.
std::string WhyNone(const ClusterRecord& record) {
  bool has_failed = false;
  for (const auto& node : record.nodes) {
    if (node.state == NodeState::kFailed) has_failed = true;
    if (node.state != NodeState::kFailed && node.state != NodeState::kDefined) return "";
  }
  return absl::StrCat(has_failed ? "no node of " : "", record.name,
                      has_failed ? " runs" : " is stopped", "; `cluster start ", record.name,
                      "` starts it");
}

// "; compute002 is stopped": nodes that are otherwise than the operation leaves them.
std::string Others(const ClusterRecord& record, NodeState wanted) {
  std::map<std::string, std::vector<std::string>> others;
  for (const auto& node : record.nodes) {
    if (node.state == wanted) continue;
    const bool is_stopped = node.state == NodeState::kDefined;
    others[is_stopped ? "stopped" : provision::NameOf(node.state)].push_back(node.name);
  }
  std::string text;
  for (const auto& [state, names] : others) {
    absl::StrAppend(&text, "; ", state, ": ", Fold(names));
  }
  return text;
}

int End(Shell& shell, const Ending& ending, absl::string_view rest) {
  const ClusterCommand& command = *ending.command;
  const std::string title = absl::StrCat("cluster ", command.name);
  const auto words =
      ending.asks ? CommandWords::Parse(rest, kEndFlags) : CommandWords::Parse(rest, kPauseFlags);
  if (!words.ok()) return WrongUse(shell, command, words.status().message());
  if (words->rest().size() != 1) return WrongUse(shell, command, "it takes one cluster");
  const std::string& name = words->rest().front();
  const auto cluster = OpenClusterRecord(shell, name, words->Has("--force"));
  if (!cluster.ok()) return TellError(shell, title, cluster.status());
  std::vector<std::string> names;
  for (const auto& node : (*cluster)->record().nodes) names.push_back(node.name);
  if (const std::string why_not = ending.why_not((*cluster)->record()); !why_not.empty()) {
    return TellError(shell, title, absl::FailedPreconditionError(why_not));
  }
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
  const int exit_code = run.Tell(run.Run(**cluster, [&](const Watch& watch) {
    return ending.run(**cluster, words->Has("--force"), watch);
  }));
  if (exit_code != kExitOk) return exit_code;
  const std::string others =
      ending.leaves ? Others((*cluster)->record(), *ending.leaves) : std::string();
  shell.output().Note(absl::StrCat(name, " ", ending.done, others));
  return exit_code;
}

int RunStop(Shell& shell, absl::string_view rest) {
  return End(shell,
             {&kClusterStop, true, "is stopped; `cluster start` starts it again", &Never,
              [](Cluster& cluster, bool force, const Watch& watch) {
                return cluster.Stop({}, false, force, watch);
              }},
             rest);
}

int RunDelete(Shell& shell, absl::string_view rest) {
  return End(shell,
             {&kClusterDelete, true, "is deleted", &Never,
              [](Cluster& cluster, bool force, const Watch& watch) {
                return cluster.Stop({}, true, force, watch);
              }},
             rest);
}

int RunPause(Shell& shell, absl::string_view rest) {
  return End(shell,
             {&kClusterPause, false, "is paused; `cluster resume` goes on with it", &WhyNone,
              [](Cluster& cluster, bool, const Watch& watch) { return cluster.Pause({}, watch); },
              NodeState::kPaused},
             rest);
}

int RunResume(Shell& shell, absl::string_view rest) {
  return End(shell,
             {&kClusterResume, false, "runs", &WhyNone,
              [](Cluster& cluster, bool, const Watch& watch) { return cluster.Resume({}, watch); },
              NodeState::kRunning},
             rest);
}

}  // namespace

const ClusterCommand kClusterStop = {"stop", "cluster stop CLUSTER [-y] [--force] [--dry-run]",
                                     "stop the nodes of a cluster, which stays", &RunStop,
                                     [] { return NamesOf(kEndFlags); }};
const ClusterCommand kClusterDelete = {
    "delete", "cluster delete CLUSTER [-y] [--force] [--dry-run]",
    "stop the nodes of a cluster, and forget it", &RunDelete, [] { return NamesOf(kEndFlags); }};
const ClusterCommand kClusterPause = {"pause", "cluster pause CLUSTER [--dry-run]",
                                      "suspend the nodes, where the provider can", &RunPause,
                                      [] { return NamesOf(kPauseFlags); }};
const ClusterCommand kClusterResume = {"resume", "cluster resume CLUSTER [--dry-run]",
                                       "go on with them", &RunResume,
                                       [] { return NamesOf(kPauseFlags); }};

}  // namespace muster::clustershell
