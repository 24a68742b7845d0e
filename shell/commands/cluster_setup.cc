// cluster setup, cluster restart: what is done on the nodes once they run.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <string>
#include <vector>

#include "common/node_set.h"
#include "shell/cluster_commands.h"
#include "shell/cluster_plugins.h"
#include "shell/cluster_records.h"
#include "shell/cluster_run.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kSetupFlags[] = {
    {0, "--resume"}, {0, "--again"}, {0, "--reload"}, {0, "--debug"}, {0, "--dry-run"}};
constexpr WordFlag kRestartFlags[] = {{'y', "--yes"}, {0, "--debug"}, {0, "--dry-run"}};

// "script, the plugins a, b"
std::string WhatSetsUp(Shell& shell, const provision::ClusterRecord& record) {
  std::vector<std::string> parts;
  if (!record.setup.type.empty()) parts.push_back(record.setup.type);
  std::vector<std::string> names;
  if (const auto plan = PlanOf(shell, record); plan.ok()) {
    for (const auto& plugin : plan->plugins) names.push_back(plugin.name);
  }
  if (!names.empty()) {
    parts.push_back(absl::StrCat(names.size() == 1 ? "the plugin " : "the plugins ",
                                 absl::StrJoin(names, ", ")));
  }
  return absl::StrJoin(parts, ", ");
}

int RunSetup(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kSetupFlags);
  if (!words.ok()) return WrongUse(shell, kClusterSetup, words.status().message());
  if (words->rest().size() > 1) return WrongUse(shell, kClusterSetup, "it takes one cluster");
  if (words->Has("--resume") && words->Has("--again")) {
    return WrongUse(shell, kClusterSetup, "--resume and --again exclude each other");
  }
  const auto name = words->rest().empty() ? ClusterInUse(shell) : words->rest().front();
  if (!name.ok()) return WrongUse(shell, kClusterSetup, name.status().message());
  const auto cluster = OpenClusterRecord(shell, *name, false, PluginFlagsOf(*words));
  if (!cluster.ok()) return TellError(shell, "cluster setup", cluster.status());
  const provision::ClusterRecord record = (*cluster)->record();
  if (!HasSetup(shell, record)) {
    shell.output().Note(absl::StrCat("cluster setup: ", *name, " has no setup; nothing was done"));
    return kExitOk;
  }
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    shell.output().Out(
        absl::StrCat("would set up ", *name, " (", WhatSetsUp(shell, record), ")\n"));
    return kExitOk;
  }
  return SetUpNow(shell, **cluster, "cluster setup");
}

int RunRestart(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kRestartFlags);
  if (!words.ok()) return WrongUse(shell, kClusterRestart, words.status().message());
  if (words->rest().size() != 1) return WrongUse(shell, kClusterRestart, "it takes one cluster");
  const std::string& name = words->rest().front();
  const auto cluster = OpenClusterRecord(shell, name, false, PluginFlagsOf(*words));
  if (!cluster.ok()) return TellError(shell, "cluster restart", cluster.status());
  const std::vector<std::string> names = NamesOf((*cluster)->record());
  const std::string nodes = names.empty() ? "no nodes" : Fold(names);
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would restart ", name, ": ", nodes, "\n"));
    return kExitOk;
  }
  if (!words->Has("--yes") &&
      !Confirm(shell, absl::StrCat("cluster restart: what runs on ", nodes, " of ", name, " ends"),
               "restart it?", "-y says yes")) {
    return kExitUsage;
  }
  ClusterRun run(shell, "cluster restart", names);
  const int exit_code = run.Tell(run.Run(
      **cluster, [&](const provision::Watch& watch) { return (*cluster)->Restart(watch); }));
  if (exit_code == kExitOk) shell.output().Note(absl::StrCat(name, " was restarted"));
  return exit_code;
}

}  // namespace

const ClusterCommand kClusterSetup = {
    "setup", "cluster setup [CLUSTER] [--resume|--again] [--reload] [--debug] [--dry-run]",
    "run the setup and the plugins of a cluster on its nodes", &RunSetup,
    [] { return NamesOf(kSetupFlags); }};

const ClusterCommand kClusterRestart = {"restart",
                                        "cluster restart CLUSTER [-y] [--debug] [--dry-run]",
                                        "stop its nodes, start them, and set it up anew",
                                        &RunRestart, [] { return NamesOf(kRestartFlags); }};

}  // namespace muster::clustershell
