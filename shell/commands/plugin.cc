// plugin: what sets clusters up, as the configuration and Python have it.
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/nearest.h"
#include "common/status_macros.h"
#include "common/words.h"
#include "provision/node_health.h"
#include "shell/chosen_nodes.h"
#include "shell/cluster_plugins.h"
#include "shell/cluster_records.h"
#include "shell/cluster_run.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

using provision::Cluster;
using provision::ClusterRecord;
using provision::KnownPlugin;
using provision::PluginAnswer;
using provision::PluginOrder;
using provision::PluginSection;
using provision::Watch;

constexpr WordFlag kAskFlags[] = {{0, "--debug"}};
constexpr WordFlag kRunFlags[] = {
    {0, "--hook", true}, {0, "--debug"}, {0, "--dry-run"}, {'y', "--yes"}};

// Where StarCluster has its own, which the development shell reads, and nothing else; empty: there
// is none.
std::string OfStarCluster() {
  const char* const given = ::getenv("STARCLUSTER_CONFIG");
  const char* const home = ::getenv("HOME");
  const std::string path = given != nullptr  ? given
                           : home != nullptr ? absl::StrCat(home, "/.starcluster/config")
                                             : "";
  if (path.empty() || ::access(path.c_str(), R_OK) != 0) return "";
  return absl::StrCat("; those of ", path,
                      " are for `shell` alone: copy them to your cluster.conf");
}

Watch WatchOf(Shell& shell) {
  Watch watch;
  watch.interrupts = [&shell] { return shell.signals().interrupts(); };
  return watch;
}

// -1: they are in `answer`, else the exit code.
int Ask(Shell& shell, const std::string& method, absl::string_view rest, PluginAnswer& answer) {
  const std::string title = absl::StrCat("plugin ", method);
  const auto words = CommandWords::Parse(rest, kAskFlags);
  if (!words.ok()) return shell.Usage("plugin", words.status().message());
  if (!words->rest().empty()) return shell.Usage("plugin", absl::StrCat(title, " takes no name"));
  auto plugins = AllPlugins(shell);
  if (!plugins.ok()) return TellError(shell, title, plugins.status());
  if (plugins->empty()) {
    shell.output().Note(absl::StrCat("the configuration has no [plugin NAME]", OfStarCluster()));
    return kExitOk;
  }
  PluginOrder order;
  order.cluster = shell.view().ClusterName();
  order.plan.plugins = *std::move(plugins);
  order.debug = words->Has("--debug");
  absl::StatusOr<PluginAnswer> told = CallPlugins(method, order, WatchOf(shell));
  if (!told.ok()) return TellError(shell, title, told.status());
  answer = *std::move(told);
  return -1;
}

int List(Shell& shell, absl::string_view rest) {
  PluginAnswer answer;
  if (const int exit_code = Ask(shell, "list", rest, answer); exit_code >= 0) return exit_code;
  Table table({{"plugin"}, {"class"}, {"hooks"}, {"arguments"}, {"file"}});
  for (const KnownPlugin& plugin : answer.plugins) {
    const std::string place =
        plugin.line > 0 ? absl::StrCat(plugin.file, ":", plugin.line) : plugin.file;
    table.Add({plugin.name, plugin.setup_class, plugin.ok ? absl::StrJoin(plugin.hooks, " ") : "-",
               plugin.arguments.empty() ? "-" : absl::StrJoin(plugin.arguments, " "),
               plugin.ok ? place : "broken; `plugin check` says why"});
  }
  shell.output().Out(table.Render(shell.output().columns()));
  return kExitOk;
}

int Check(Shell& shell, absl::string_view rest) {
  PluginAnswer answer;
  if (const int exit_code = Ask(shell, "check", rest, answer); exit_code >= 0) return exit_code;
  for (const KnownPlugin& plugin : answer.plugins) {
    if (plugin.ok) {
      shell.output().Out(absl::StrCat(plugin.name, ": ok\n"));
    } else {
      shell.output().Note(plugin.text);
    }
  }
  return answer.ok ? kExitOk : kExitFailed;
}

// The nodes as those of a cluster that was started, which nobody keeps.
std::unique_ptr<Cluster> ClusterOf(const std::vector<Node>& nodes) {
  ClusterRecord record;
  record.name = nodes.front().cluster;
  for (const Node& node : nodes) {
    provision::NodeRecord one;
    one.name = node.name;
    one.kind = "node";
    for (const std::string& tag : node.tags) {
      if (absl::StartsWith(tag, "kind:")) one.kind = tag.substr(5);
    }
    one.state = provision::NodeState::kRunning;
    one.instance.id = node.name;
    one.instance.addresses = {node.address};
    record.nodes.push_back(std::move(one));
  }
  auto repository = provision::MakeMemoryRepository();
  repository->Save(record).IgnoreError();
  return Cluster::Of(std::move(record), nullptr, nullptr, std::move(repository));
}

// Whether the nodes are those of a cluster that was started: one of the configuration may have the
// same name.
bool IsOf(const ClusterRecord& record, const std::vector<Node>& nodes) {
  return std::all_of(nodes.begin(), nodes.end(), [&](const Node& node) {
    const provision::NodeRecord* const known = record.Find(node.name);
    return known != nullptr && provision::ClientAddress(*known) == node.address;
  });
}

int RunOn(Shell& shell, const std::vector<Node>& nodes, const PluginSection& plugin,
          const std::vector<PluginSection>& all, const CommandWords& words) {
  const std::string name = nodes.front().cluster;
  std::unique_ptr<Cluster> cluster;
  if (auto started = OpenClusterRecord(shell, name, true);
      started.ok() && IsOf((*started)->record(), nodes)) {
    cluster = *std::move(started);
  } else {
    cluster = ClusterOf(shell.nodes());
  }
  const auto plan = cluster->record().template_name.empty() ? PlanOf(shell, name)
                                                            : PlanOf(shell, cluster->record());
  if (!plan.ok()) return TellError(shell, "plugin run", plan.status());
  PluginOrder asked;
  asked.plugin = plugin.name;
  asked.hook = words.ValueOf("--hook");
  if (nodes.size() < cluster->record().nodes.size()) {
    for (const Node& node : nodes) asked.only.push_back(node.name);
  }
  ClusterRun run(shell, "plugin run", {});
  return run.Tell(run.Run(*cluster, [&](const Watch& watch) {
    provision::Report report;
    report.status = cluster->WithReceipt(
        provision::kPluginReceipts, [&](const ClusterRecord& record, std::string& receipt) {
          PluginOrder order = PluginOrderOf(record, *plan, PluginFlagsOf(words));
          order.plan.plugins = all;
          order.plugin = asked.plugin;
          order.hook = asked.hook;
          order.only = asked.only;
          ASSIGN_OR_RETURN(const PluginAnswer answer, CallPlugins("run", order, watch));
          receipt = answer.receipt;
          RETURN_IF_ERROR(answer.cut_off);
          return answer.ok ? absl::OkStatus() : absl::FailedPreconditionError(answer.message);
        });
    return report;
  }));
}

int RunOne(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kRunFlags);
  if (!words.ok()) return shell.Usage("plugin", words.status().message());
  if (words->rest().empty() || words->rest().size() > 2) {
    return shell.Usage("plugin", "plugin run takes a plugin and a target");
  }
  const auto all = AllPlugins(shell);
  if (!all.ok()) return TellError(shell, "plugin run", all.status());
  const std::string& name = words->rest().front();
  std::vector<std::string> names;
  const PluginSection* found = nullptr;
  for (const PluginSection& plugin : *all) {
    names.push_back(plugin.name);
    if (plugin.name == name) found = &plugin;
  }
  if (found == nullptr) {
    return shell.Usage("plugin", absl::StrCat("plugin '", name, "' not defined in config",
                                              names.empty() ? OfStarCluster() : "; there are: ",
                                              absl::StrJoin(names, ", "), DidYouMean(name, names)));
  }
  const ChosenNodes chosen =
      ChooseNodes(shell, words->rest().size() == 2 ? words->rest()[1] : std::string());
  if (chosen.nodes.empty()) return chosen.exit_code;
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would run ", name, " on ", NamesOf(chosen.nodes), "\n"));
    return kExitOk;
  }
  return RunOn(shell, chosen.nodes, *found, *all, *words);
}

std::vector<SubCommand> SubCommands() {
  return {{"check", SubCommand::Argument::kNone, [] { return NamesOf(kAskFlags); }},
          {"list", SubCommand::Argument::kNone, [] { return NamesOf(kAskFlags); }},
          {"run", SubCommand::Argument::kPlugin, [] { return NamesOf(kRunFlags); }}};
}

int Run(Shell& shell, absl::string_view rest) {
  const auto [name, behind] = SplitFirst(rest);
  if (name == "list") return List(shell, behind);
  if (name == "check") return Check(shell, behind);
  if (name == "run") return RunOne(shell, behind);
  if (name.empty()) return List(shell, "");
  return shell.Usage(
      "plugin", absl::StrCat("there is no '", name, "'", DidYouMean(name, WordsOf(SubCommands()))));
}

}  // namespace

const ShellCommand kPluginCommand = {
    "plugin",
    "plugin [list|check|run NAME [TARGET] [--hook HOOK] [--debug] [--dry-run]]",
    "plugins: which there are, whether they load, and one of them alone",
    "  plugin list                       those of the configuration, and what Python has of them\n"
    "  plugin check                      loads all of them, and touches no node\n"
    "  plugin run pkginstaller           on all nodes that are used; also on those that are "
    "listed\n"
    "  plugin run pkginstaller node001   on some\n"
    "  plugin run pkginstaller node002 --hook on_add_node   another of its methods\n"
    "A plugin is a class in a file in ~/.config/muster/plugins, ~/.starcluster/plugins or on\n"
    "PYTHONPATH; [plugin NAME] of the configuration names it, and `plugins = NAME` of a [cluster]\n"
    "has it run after the start. --debug shows what it logs with log.debug, too. docs/plugins.md\n"
    "writes one.\n",
    ShellCommand::Argument::kSubCommand,
    &Run,
    false,
    true,
    false,
    nullptr,
    &SubCommands,
};

}  // namespace muster::clustershell
