// cluster resize: more nodes of a kind, or fewer.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/nearest.h"
#include "common/node_set.h"
#include "common/status_macros.h"
#include "provision/node_names.h"
#include "shell/cluster_commands.h"
#include "shell/cluster_plugins.h"
#include "shell/cluster_records.h"
#include "shell/cluster_run.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{'a', "--add", true},
                               {'r', "--remove", true},
                               {'y', "--yes"},
                               {0, "--no-setup"},
                               {0, "--dry-run"}};

using provision::Cluster;
using provision::ClusterRecord;
using provision::NodeCounts;
using provision::NodeRecord;

// What each kind of the cluster is like: as its nodes are, else as its template says.
std::vector<NodeRecord> ModelsOf(Shell& shell, const ClusterRecord& record) {
  std::vector<NodeRecord> models;
  const auto add = [&](const NodeRecord& node) {
    const bool is_there = std::any_of(models.begin(), models.end(), [&](const NodeRecord& model) {
      return model.kind == node.kind;
    });
    if (is_there) return;
    NodeRecord model;
    model.kind = node.kind;
    model.image_id = node.image_id;
    model.image_user = node.image_user;
    model.flavor = node.flavor;
    model.security_group = node.security_group;
    model.image_userdata = node.image_userdata;
    model.extra = node.extra;
    models.push_back(std::move(model));
  };
  for (const NodeRecord& node : record.nodes) add(node);
  const auto from = FindTemplate(shell, record.template_name);
  if (!from.ok()) return models;
  for (const auto& [count, model] : from->nodes) add(model);
  return models;
}

absl::StatusOr<NodeCounts> CountsOf(const CommandWords& words, const std::string& flag) {
  const std::vector<std::string> given = words.ValuesOf(flag);
  if (given.empty()) return NodeCounts();
  ASSIGN_OR_RETURN(NodeCounts counts, provision::ParseNodeCounts(absl::StrJoin(given, ",")));
  if (counts.count("") != 0) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " names the kind, too, as 2:compute"));
  }
  return counts;
}

// The nodes to add, with names.
absl::StatusOr<std::vector<NodeRecord>> Added(Shell& shell, const ClusterRecord& record,
                                              const NodeCounts& counts) {
  const std::vector<NodeRecord> models = ModelsOf(shell, record);
  std::vector<std::string> kinds;
  kinds.reserve(models.size());
  for (const NodeRecord& model : models) kinds.push_back(model.kind);
  std::vector<NodeRecord> all = record.nodes;
  std::vector<NodeRecord> added;
  for (const auto& [kind, count] : counts) {
    const auto model =
        std::find_if(models.begin(), models.end(),
                     [&kind = kind](const auto& known) { return known.kind == kind; });
    if (model == models.end()) {
      return absl::InvalidArgumentError(absl::StrCat(record.name, " has no kind '", kind,
                                                     "'; valid here: ", absl::StrJoin(kinds, ", "),
                                                     DidYouMean(kind, kinds)));
    }
    for (int i = 0; i < count; ++i) {
      added.push_back(*model);
      added.back().name = provision::NextName(all, kind);
      all.push_back(added.back());
    }
  }
  return added;
}

// Those with the highest numbers.
absl::StatusOr<std::vector<std::string>> Removed(const ClusterRecord& record,
                                                 const NodeCounts& counts) {
  std::vector<std::string> removed;
  for (const auto& [kind, count] : counts) {
    std::vector<std::string> names;
    for (const NodeRecord& node : record.nodes) {
      if (node.kind == kind) names.push_back(node.name);
    }
    if (names.size() < static_cast<std::size_t>(count)) {
      return absl::InvalidArgumentError(absl::StrCat(record.name, " has only ", names.size(),
                                                     " nodes of the kind ", kind, ", and ", count,
                                                     " were to go"));
    }
    // The numbers have as many digits, or more.
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() > b.size() : a > b;
    });
    removed.insert(removed.end(), names.begin(), names.begin() + count);
  }
  return removed;
}

int Remove(Shell& shell, Cluster& cluster, const std::vector<std::string>& names) {
  ClusterRun run(shell, "cluster resize", names);
  return run.Tell(run.Run(
      cluster, [&](const provision::Watch& watch) { return cluster.Remove(names, false, watch); }));
}

int Add(Shell& shell, Cluster& cluster, const std::vector<NodeRecord>& nodes) {
  provision::StartOptions options;
  options.keeps_on_timeout = true;
  for (const NodeRecord& node : nodes) {
    const auto added = cluster.AddNode(node);
    if (!added.ok()) return TellError(shell, "cluster resize", added.status());
    options.only.push_back(added->name);
  }
  ClusterRun run(shell, "cluster resize", options.only);
  return run.Tell(run.Run(
      cluster, [&](const provision::Watch& watch) { return cluster.Start(options, watch); }));
}

int Run(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kFlags);
  if (!words.ok()) return WrongUse(shell, kClusterResize, words.status().message());
  if (words->rest().size() != 1) return WrongUse(shell, kClusterResize, "it takes one cluster");
  const auto cluster = OpenClusterRecord(shell, words->rest().front());
  if (!cluster.ok()) return TellError(shell, "cluster resize", cluster.status());
  const ClusterRecord record = (*cluster)->record();
  const auto more = CountsOf(*words, "--add");
  const auto fewer = CountsOf(*words, "--remove");
  if (!more.ok()) return WrongUse(shell, kClusterResize, more.status().message());
  if (!fewer.ok()) return WrongUse(shell, kClusterResize, fewer.status().message());
  const auto removed = Removed(record, *fewer);
  if (!removed.ok()) return TellError(shell, "cluster resize", removed.status());
  const auto added = Added(shell, record, *more);
  if (!added.ok()) return TellError(shell, "cluster resize", added.status());
  if (added->empty() && removed->empty()) {
    return WrongUse(shell, kClusterResize, "-a or -r says what is to change");
  }
  std::vector<std::string> names;
  for (const NodeRecord& node : *added) names.push_back(node.name);
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    if (!removed->empty()) shell.output().Out(absl::StrCat("would remove ", Fold(*removed), "\n"));
    if (!names.empty()) shell.output().Out(absl::StrCat("would start ", Fold(names), "\n"));
    return kExitOk;
  }
  if (!removed->empty() && !words->Has("--yes") &&
      !Confirm(shell, absl::StrCat("cluster resize: ", record.name, " loses ", Fold(*removed)),
               "go on?", "-y says yes")) {
    return kExitUsage;
  }
  int exit_code = removed->empty() ? kExitOk : Remove(shell, **cluster, *removed);
  if (exit_code == kExitInterrupted || added->empty()) return exit_code;
  exit_code = WorseExit(exit_code, Add(shell, **cluster, *added));
  if (exit_code != kExitOk || words->Has("--no-setup") || !HasSetup(shell, record)) {
    return exit_code;
  }
  ClusterRun run(shell, "cluster resize", names);
  return run.Tell(run.Run(**cluster, [&](const provision::Watch& watch) {
    provision::Report setup;
    setup.status = (*cluster)->SetUp({}, watch);
    return setup;
  }));
}

}  // namespace

const ClusterCommand kClusterResize = {
    "resize", "cluster resize CLUSTER [-a N:KIND]... [-r N:KIND]... [-y] [--no-setup] [--dry-run]",
    "add nodes of a kind, or remove those with the highest numbers", &Run,
    [] { return NamesOf(kFlags); }};

}  // namespace muster::clustershell
