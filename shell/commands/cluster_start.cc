// cluster create, start, setup: what makes a cluster run.
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/nearest.h"
#include "common/node_set.h"
#include "provision/providers.h"
#include "shell/cluster_commands.h"
#include "shell/cluster_plugins.h"
#include "shell/cluster_records.h"
#include "shell/cluster_run.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{'n', "--name", true},
                               {0, "--nodes", true},
                               {0, "--no-setup"},
                               {0, "--dry-run"},
                               {0, "--debug"}};

using provision::Cluster;
using provision::ClusterRecord;

// Folded.
std::string RunningOf(const ClusterRecord& record) {
  std::vector<std::string> names;
  for (const provision::NodeRecord& node : record.nodes) {
    if (node.state == provision::NodeState::kRunning) names.push_back(node.name);
  }
  return names.empty() ? "no nodes" : Fold(names);
}

// Whoever names a template and a cluster of another one does not mean that cluster.
absl::Status CheckTemplate(Shell& shell, const ClusterRecord& known, const std::string& word,
                           const CommandWords& words) {
  if (known.template_name == word) return absl::OkStatus();
  if (!words.Has("--name")) return absl::OkStatus();  // it is the cluster's own name
  if (const auto from = FindTemplate(shell, word); !from.ok()) return from.status();
  return absl::AlreadyExistsError(absl::StrCat(
      "there is a cluster ", known.name, " already, ",
      known.template_name.empty() ? "without a template"
                                  : absl::StrCat("of the template ", known.template_name),
      " and not of ", word, "; `cluster start ", known.name, "` starts that one, and another -n ",
      "makes one of ", word));
}

// The cluster that is there, or a new one as its template says.
absl::StatusOr<std::unique_ptr<Cluster>> Find(Shell& shell, const std::string& word,
                                              const CommandWords& words, bool* is_new) {
  const std::string name = words.Has("--name") ? words.ValueOf("--name") : word;
  *is_new = false;
  const provision::PluginFlags flags = PluginFlagsOf(words);
  auto known = OpenClusterRecord(shell, name, false, flags);
  if (known.ok()) {
    const absl::Status same = CheckTemplate(shell, known.value()->record(), word, words);
    if (!same.ok()) return same;
    if (words.Has("--nodes")) {
      return absl::AlreadyExistsError(absl::StrCat(
          "there is a cluster ", name, " already, with ", known.value()->record().nodes.size(),
          " nodes; `cluster resize` changes how many, and without --nodes it is started as it is"));
    }
    return known;
  }
  if (!absl::IsNotFound(known.status())) return known.status();
  auto from = FindTemplate(shell, word);
  if (!from.ok()) {
    if (!absl::IsNotFound(from.status())) return from.status();
    const std::string why(from.status().message());
    return absl::NotFoundError(absl::StrCat(
        why, "; and no cluster ", name, " was started",
        absl::StrContains(why, "did you mean") ? "" : DidYouMean(word, StartableNames(shell))));
  }
  if (ListsNodes(shell, name)) {
    return absl::AlreadyExistsError(absl::StrCat("the configuration has a [cluster ", name,
                                                 "] that lists its nodes; -n gives another name"));
  }
  provision::NodeCounts counts;
  if (words.Has("--nodes")) {
    auto given = provision::ParseNodeCounts(words.ValueOf("--nodes"));
    if (!given.ok()) return given.status();
    counts = *std::move(given);
  }
  const absl::StatusOr<ClusterRecord> record = provision::MakeCluster(*from, name, counts);
  if (!record.ok()) return record.status();
  *is_new = true;
  auto made = NewClusterRecord(shell, *record, flags);
  if (!made.ok() && (record->provider.type == "python" || record->setup.type == "python")) {
    // What only Python can tell of a class is known no sooner.
    return absl::Status(made.status().code(),
                        absl::StrCat(from->origin, ": ", std::string(made.status().message())));
  }
  return made;
}

int Start(Shell& shell, const ClusterCommand& command, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kFlags);
  if (!words.ok()) return WrongUse(shell, command, words.status().message());
  if (words->rest().size() != 1)
    return WrongUse(shell, command, "it takes one template or cluster");
  const std::string title = absl::StrCat("cluster ", command.name);
  bool is_new = false;
  const auto found = Find(shell, words->rest().front(), *words, &is_new);
  if (!found.ok()) return TellError(shell, title, found.status());
  Cluster& cluster = **found;
  const ClusterRecord record = cluster.record();
  const std::vector<std::string> names = NamesOf(record);
  const bool sets_up = !words->Has("--no-setup") && HasSetup(shell, record);
  if (sets_up) {
    // Before anything is touched.
    const absl::Status broken = CheckPlugins(shell, record);
    if (!broken.ok()) return TellError(shell, title, broken);
  }
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would start ", is_new ? "a new cluster " : "", record.name,
                                    is_new ? " with " : ": what does not run of ",
                                    names.empty() ? "no nodes" : Fold(names), " (provider ",
                                    record.provider.type, ")\n"));
    return kExitOk;
  }
  int exit_code = kExitOk;
  {
    ClusterRun run(shell, title, names);
    const provision::Report report =
        run.Run(cluster, [&](const provision::Watch& watch) { return cluster.Start({}, watch); });
    exit_code = run.Tell(report);
    if (!report.status.ok()) return exit_code;
  }
  if (is_new) shell.OnOwnChange(record.name);
  // With enough nodes it goes on, though some may have failed, which was told.
  shell.output().Note(absl::StrCat(record.name, " runs: ", RunningOf(cluster.record())));
  if (!sets_up) return exit_code;
  return WorseExit(exit_code, SetUpNow(shell, cluster, title));
}

int RunStart(Shell& shell, absl::string_view rest) { return Start(shell, kClusterStart, rest); }
int RunCreate(Shell& shell, absl::string_view rest) { return Start(shell, kClusterCreate, rest); }

}  // namespace

const ClusterCommand kClusterStart = {
    "start",
    "cluster start TEMPLATE|CLUSTER [-n NAME] [--nodes N:KIND,...] [--no-setup] [--debug] "
    "[--dry-run]",
    "start a cluster as its template says, or what does not run of it", &RunStart,
    [] { return NamesOf(kFlags); }};

const ClusterCommand kClusterCreate = {
    "create",
    "cluster create TEMPLATE [-n NAME] [--nodes N:KIND,...] [--no-setup] [--debug] [--dry-run]",
    "the same", &RunCreate, [] { return NamesOf(kFlags); }};

}  // namespace muster::clustershell
