#include "shell/cluster_plugins.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "common/status_macros.h"
#include "provision/providers.h"
#include "shell/cluster_records.h"
#include "shell/cluster_run.h"
#include "shell/exit_code.h"

namespace muster::clustershell {

using provision::Cluster;
using provision::ClusterRecord;
using provision::PluginPlan;

absl::StatusOr<PluginPlan> PlanOf(Shell& shell, const ClusterRecord& record) {
  if (record.template_name.empty()) return PluginPlan();
  absl::StatusOr<provision::ClusterTemplate> from = FindTemplate(shell, record.template_name);
  if (absl::IsNotFound(from.status())) return PluginPlan();
  if (!from.ok()) return from.status();
  return std::move(from->plugins);
}

absl::StatusOr<PluginPlan> PlanOf(Shell& shell, const std::string& cluster) {
  const absl::StatusOr<ConfigFile> file = LoadConfiguration(shell);
  if (absl::IsNotFound(file.status())) return PluginPlan();
  if (!file.ok()) return file.status();
  const ConfigFile::Section* const section = file->FindSection("cluster", cluster);
  if (section == nullptr) return PluginPlan();
  if (section->entries.count("nodes") != 0)
    return provision::ReadPluginPlan(*file, section->entries);
  ASSIGN_OR_RETURN(provision::ClusterTemplate from, FindTemplate(shell, cluster));
  return std::move(from.plugins);
}

provision::PluginFlags PluginFlagsOf(const CommandWords& words) {
  provision::PluginFlags flags;
  flags.debug = words.Has("--debug");
  flags.again = words.Has("--again");
  flags.reload = words.Has("--reload");
  return flags;
}

absl::StatusOr<std::vector<provision::PluginSection>> AllPlugins(Shell& shell) {
  const absl::StatusOr<ConfigFile> file = LoadConfiguration(shell);
  if (absl::IsNotFound(file.status())) return std::vector<provision::PluginSection>();
  if (!file.ok()) return file.status();
  // And what clusters say of them.
  RETURN_IF_ERROR(ReadTemplatesOf(shell).status());
  for (const ConfigFile::Section& section : file->sections()) {
    if (section.kind != "cluster") continue;
    RETURN_IF_ERROR(provision::ReadPluginPlan(*file, section.entries).status());
  }
  return provision::ReadPluginSections(*file);
}

std::vector<std::string> PluginNames(Shell& shell) {
  std::vector<std::string> names;
  const auto plugins = AllPlugins(shell);
  if (!plugins.ok()) return names;  // whoever uses one is told
  for (const provision::PluginSection& plugin : *plugins) names.push_back(plugin.name);
  return names;
}

bool HasSetup(Shell& shell, const ClusterRecord& record) {
  if (!record.setup.type.empty()) return true;
  if (record.receipts.count(provision::kPluginReceipts) != 0) return true;
  const absl::StatusOr<PluginPlan> plan = PlanOf(shell, record);
  return !plan.ok() || !plan->plugins.empty();  // what is wrong with it is told then
}

absl::Status CheckPlugins(Shell& shell, const ClusterRecord& record) {
  ASSIGN_OR_RETURN(const PluginPlan plan, PlanOf(shell, record));
  return CheckPlan(plan, record.name);
}

absl::Status CheckPlan(const PluginPlan& plan, const std::string& cluster) {
  if (plan.plugins.empty()) return absl::OkStatus();
  provision::PluginOrder order;
  order.cluster = cluster;
  order.plan = plan;
  provision::Watch watch;
  watch.on_output = [](const provision::PluginOutput& /*output*/) {};  // it is told below
  ASSIGN_OR_RETURN(const provision::PluginAnswer answer,
                   provision::CallPlugins("check", order, watch));
  if (answer.ok) return absl::OkStatus();
  std::vector<std::string> lines;
  for (const provision::KnownPlugin& plugin : answer.plugins) {
    if (!plugin.ok) lines.push_back(plugin.text);
  }
  if (lines.empty()) lines.push_back(answer.message);
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

int SetUpNow(Shell& shell, Cluster& cluster, const std::string& command) {
  if (const auto setup = provision::MakeSetup(cluster.record().setup); !setup.ok()) {
    return TellError(shell, command, setup.status());
  }
  ClusterRun run(shell, command, NamesOf(cluster.record()));
  const int exit_code = run.Tell(run.Run(cluster, [&](const provision::Watch& watch) {
    provision::Report report;
    report.status = cluster.SetUp({}, watch);
    return report;
  }));
  if (exit_code == kExitOk && HasSetup(shell, cluster.record())) {
    shell.output().Note(absl::StrCat(cluster.record().name, " is set up"));
  }
  return exit_code;
}

std::vector<std::string> NamesOf(const ClusterRecord& record) {
  std::vector<std::string> names;
  for (const provision::NodeRecord& node : record.nodes) names.push_back(node.name);
  return names;
}

}  // namespace muster::clustershell
