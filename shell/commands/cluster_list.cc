// cluster list and status: which clusters there are, and how their nodes are.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/quantity.h"
#include "provision/node_pool.h"
#include "provision/plugin_observer.h"
#include "shell/cluster_commands.h"
#include "shell/cluster_plugins.h"
#include "shell/cluster_records.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{'o', "--output", true}};

using Json = nlohmann::ordered_json;
using provision::ClusterRecord;
using provision::NodeRecord;
using provision::NodeState;

std::size_t RunningOf(const ClusterRecord& record) {
  std::size_t running = 0;
  for (const NodeRecord& node : record.nodes) {
    if (node.state == NodeState::kRunning) ++running;
  }
  return running;
}

// How many nodes it has of each kind.
std::map<std::string, int> CountsOf(const ClusterRecord& record) {
  std::map<std::string, int> counts;
  for (const NodeRecord& node : record.nodes) ++counts[node.kind];
  return counts;
}

// "3 compute, 1 frontend".
std::string KindsOf(const ClusterRecord& record) {
  return absl::StrJoin(CountsOf(record), ", ", [](std::string* out, const auto& kind) {
    absl::StrAppend(out, kind.second, " ", kind.first);
  });
}

std::string AgeOf(std::int64_t since) {
  if (since == 0) return "-";
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  const std::int64_t age = std::max<std::int64_t>(0, now - since);
  return age == 0 ? "0 s" : FormatDuration(std::chrono::seconds(age));
}

std::string AddressOf(const NodeRecord& node) {
  return node.instance.addresses.empty() ? "" : node.instance.addresses.front();
}

// What a person calls it: a node that was never started is as good as one that was stopped.
std::string StateOf(const NodeRecord& node) {
  return node.state == NodeState::kDefined ? "stopped" : provision::NameOf(node.state);
}

// -o json, or nothing.
absl::StatusOr<bool> WantsJson(const CommandWords& words) {
  const std::string form = words.ValueOf("--output");
  if (form.empty() || form == "json") return form == "json";
  return absl::InvalidArgumentError(absl::StrCat("-o is json, not '", form, "'"));
}

// What is wrong with them is a line of its own: what runs does so all the same.
void TellTemplates(Shell& shell) {
  std::vector<std::string> wrong;
  const auto templates = ReadTemplatesOf(shell, &wrong);
  if (!templates.ok()) wrong.emplace_back(templates.status().message());
  for (const std::string& line : wrong) {
    shell.output().Note(absl::StrCat("cluster list: templates are left out: ", line));
  }
  std::vector<std::string> names;
  if (templates.ok()) {
    for (const auto& known : *templates) names.push_back(known.name);
  }
  if (!names.empty()) {
    shell.output().Note(absl::StrCat("templates: ", absl::StrJoin(names, ", ")));
  } else if (wrong.empty()) {
    shell.output().Note("there are no templates; `cluster new` writes one");
  }
}

int RunList(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kFlags);
  if (!words.ok()) return WrongUse(shell, kClusterList, words.status().message());
  if (!words->rest().empty()) return WrongUse(shell, kClusterList, "it takes no name");
  const auto is_json = WantsJson(*words);
  if (!is_json.ok()) return WrongUse(shell, kClusterList, is_json.status().message());
  const auto repository = provision::OpenSqliteRepository();
  if (!repository.ok()) return TellError(shell, "cluster list", repository.status());
  const auto all = (*repository)->GetAll();
  if (!all.ok()) return TellError(shell, "cluster list", all.status());
  Table table(
      {{"cluster"}, {"template"}, {"provider"}, {"running", true}, {"nodes", true}, {"kinds"}});
  Json json = Json::array();
  for (const ClusterRecord& record : *all) {
    table.Add({record.name, record.template_name.empty() ? "-" : record.template_name,
               record.provider.type, absl::StrCat(RunningOf(record)),
               absl::StrCat(record.nodes.size()), KindsOf(record)});
    json.push_back({{"cluster", record.name},
                    {"template", record.template_name},
                    {"provider", record.provider.type},
                    {"running", RunningOf(record)},
                    {"nodes", record.nodes.size()},
                    {"kinds", CountsOf(record)}});
  }
  if (*is_json) {
    shell.output().Out(json.dump(2) + "\n");
    return kExitOk;
  }
  if (all->empty()) {
    shell.output().Note("no cluster was started");
  } else {
    shell.output().Out(table.Render(shell.output().columns()));
  }
  TellTemplates(shell);
  return kExitOk;
}

// What a look at all nodes found: the record is true then.
void Ask(Shell& shell, provision::Cluster& cluster) {
  const auto lines = cluster.Recover();
  if (!lines.ok()) {
    shell.output().Note(absl::StrCat("cluster status: as it was recorded last: ",
                                     std::string(lines.status().message())));
    return;
  }
  for (const std::string& line : *lines) shell.output().Note(line);
  const ClusterRecord record = cluster.record();
  provision::ForEachBounded(
      record.nodes.size(), provision::DefaultBound(),
      [&](std::size_t i) { static_cast<void>(cluster.IsAlive(record.nodes[i].name)); }, nullptr);
}

Json JsonOf(const NodeRecord& node) {
  return {{"name", node.name},
          {"kind", node.kind},
          {"state", StateOf(node)},
          {"address", AddressOf(node)},
          {"instance", node.instance.id},
          {"changed", node.changed},
          {"last_error", node.last_error}};
}

// What ran last of each plugin on each node.
Json PluginsOf(const std::vector<provision::PluginResult>& results) {
  Json list = Json::array();
  for (const provision::PluginResult& result : results) {
    list.push_back({{"plugin", result.plugin},
                    {"node", result.node},
                    {"ok", result.ok},
                    {"text", result.text}});
  }
  return list;
}

void TellPlugins(Shell& shell, const std::vector<provision::PluginResult>& results) {
  if (results.empty()) return;
  Table table({{"plugin"}, {"node"}, {"ok"}, {"what"}});
  for (const provision::PluginResult& result : results) {
    table.Add({result.plugin, result.node.empty() ? "all" : result.node, result.ok ? "yes" : "no",
               result.text});
  }
  shell.output().Out(table.Render(shell.output().columns()));
}

int RunStatus(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kFlags);
  if (!words.ok()) return WrongUse(shell, kClusterStatus, words.status().message());
  if (words->rest().size() > 1) return WrongUse(shell, kClusterStatus, "it takes one cluster");
  const auto is_json = WantsJson(*words);
  if (!is_json.ok()) return WrongUse(shell, kClusterStatus, is_json.status().message());
  const auto name = words->rest().empty() ? ClusterInUse(shell) : words->rest().front();
  if (!name.ok()) return WrongUse(shell, kClusterStatus, name.status().message());
  const auto cluster = OpenClusterRecord(shell, *name);
  if (!cluster.ok()) return TellError(shell, "cluster status", cluster.status());
  Ask(shell, **cluster);
  const ClusterRecord record = (*cluster)->record();
  const auto plan = PlanOf(shell, record);
  const bool is_planned = plan.ok() && !record.template_name.empty();
  const auto plugins = provision::PluginResultsOf(record, is_planned ? &*plan : nullptr);
  if (*is_json) {
    Json json = {{"cluster", record.name},
                 {"template", record.template_name},
                 {"provider", record.provider.type},
                 {"setup", record.setup.type},
                 {"nodes", Json::array()}};
    for (const NodeRecord& node : record.nodes) json["nodes"].push_back(JsonOf(node));
    json["plugins"] = PluginsOf(plugins);
    shell.output().Out(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    return kExitOk;
  }
  Table table({{"node"}, {"kind"}, {"state"}, {"age", true}, {"address"}, {"last error"}});
  for (const NodeRecord& node : record.nodes) {
    table.Add({node.name, node.kind, StateOf(node), AgeOf(node.changed),
               AddressOf(node).empty() ? "-" : AddressOf(node),
               node.last_error.empty() ? "-" : node.last_error});
  }
  shell.output().Out(table.Render(shell.output().columns()));
  TellPlugins(shell, plugins);
  shell.output().Note(absl::StrCat(record.name, ": ", RunningOf(record), " of ",
                                   record.nodes.size(), " nodes run"));
  return kExitOk;
}

}  // namespace

const ClusterCommand kClusterList = {"list", "cluster list [-o json]",
                                     "the clusters that were started, and the templates", &RunList,
                                     [] { return NamesOf(kFlags); }};
const ClusterCommand kClusterStatus = {"status", "cluster status [CLUSTER] [-o json]",
                                       "ask how the nodes of a cluster are", &RunStatus,
                                       [] { return NamesOf(kFlags); }};

}  // namespace muster::clustershell
