// The long operations of a cluster, but for the start (provision/start_run.h).
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "common/mutex.h"
#include "common/status_macros.h"
#include "provision/cluster.h"
#include "provision/cluster_directory.h"
#include "provision/cluster_turn.h"
#include "provision/node_pool.h"
#include "provision/start_run.h"

namespace muster::provision {
namespace {

constexpr std::size_t kStopsAtOnce = 32;

Report Failed(absl::Status status) {
  Report report;
  report.status = std::move(status);
  return report;
}

bool HasInstance(const NodeRecord& node) {
  return !node.instance.id.empty() || !node.label.empty();
}

// Makes `now` of a node with an instance what the provider says; in words what is other than in
// `recorded`; empty: nothing.
std::string CompareWithProvider(CloudProvider& provider, const NodeRecord& recorded,
                                NodeRecord& now) {
  if (IsPaused(recorded.state)) return "";
  const absl::StatusOr<bool> runs = provider.IsRunning(now.instance);
  const bool is_gone = absl::IsNotFound(runs.status());
  if (is_gone && recorded.state == NodeState::kStopping) {
    now.state = NodeState::kDefined;
    now.instance.id.clear();
    now.label.clear();
    return "it has been stopped";
  }
  if (is_gone || absl::IsAborted(runs.status())) {
    if (recorded.state == NodeState::kFailed) return "";
    now.state = NodeState::kFailed;
    now.last_error = Short(runs.status().message());
    return now.last_error;
  }
  return recorded.instance.id.empty() ? "its start was cut off; the instance was found" : "";
}

// The first that failed, in words that name how many did.
absl::Status Sum(const std::string& what, const std::vector<NodeResult>& results) {
  std::size_t failed = 0;
  const NodeResult* first = nullptr;
  for (const NodeResult& result : results) {
    if (result.ok) continue;
    ++failed;
    if (first == nullptr) first = &result;
  }
  if (first == nullptr) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(failed, " of ", results.size(), " nodes could not be ",
                                             what, "; ", first->node, ": ", first->text));
}

}  // namespace

Report Cluster::Start(const StartOptions& options, const Watch& watch) {
  const absl::StatusOr<Turn> turn = Begin("started");
  if (!turn.ok()) return Failed(turn.status());
  const absl::StatusOr<std::shared_ptr<CloudProvider>> provider = NeedProvider();
  if (!provider.ok()) return Failed(provider.status());
  for (const std::string& name : options.only) {
    if (const auto node = GetNode(name); !node.ok()) return Failed(node.status());
  }
  // The cluster is kept before anything of it exists.
  if (const absl::Status saved = Save(); !saved.ok()) return Failed(saved);
  const absl::StatusOr<std::vector<std::string>> recovered = RecoverAll(**provider);
  if (!recovered.ok()) return Failed(recovered.status());
  return StartRun(*this, *provider, options, watch).Run();
}

Report Cluster::ForEachNode(
    const std::string& what, const std::vector<std::string>& only, const Watch& watch,
    const std::function<absl::Status(CloudProvider&, const std::string&)>& step) {
  const absl::StatusOr<std::shared_ptr<CloudProvider>> provider = NeedProvider();
  const std::vector<NodeRecord> nodes = Chosen(only);
  const bool needs_provider = std::any_of(nodes.begin(), nodes.end(), &HasInstance);
  if (needs_provider && !provider.ok()) return Failed(provider.status());
  Report report;
  std::vector<std::size_t> places;
  for (const NodeRecord& node : nodes) {
    report.nodes.push_back({node.name, true, "did not run"});
    if (!HasInstance(node)) continue;
    report.nodes.back() = {node.name, false, "not begun"};
    places.push_back(report.nodes.size() - 1);
  }
  bool is_interrupted = false;
  const auto goes_on = [&] {
    if (watch.interrupts && watch.interrupts() > 0) is_interrupted = true;
    return !is_interrupted;
  };
  ForEachBounded(
      goes_on() ? places.size() : 0, kStopsAtOnce,
      [&](std::size_t i) {
        NodeResult& result = report.nodes[places[i]];
        const absl::Status status = step(**provider, result.node);
        result.ok = status.ok();
        result.text = status.ok() ? what : Short(status.message());
        const absl::StatusOr<NodeRecord> now = GetNode(result.node);
        if (watch.on_step && now.ok()) watch.on_step({result.node, now->state, result.text});
      },
      goes_on);
  report.status = is_interrupted
                      ? absl::CancelledError("it was interrupted; what was done is saved")
                      : Sum(what, report.nodes);
  return report;
}

// Instances with a label of this cluster that none of its nodes has; those of another cluster of
// the same name, which somebody keeps elsewhere, are not ours to stop.
std::vector<NodeResult> Cluster::StopStrays(CloudProvider& provider) {
  const ClusterRecord cluster = record();
  const absl::StatusOr<std::vector<LabelledInstance>> found =
      provider.Find(cluster.owner, cluster.name);
  std::vector<NodeResult> results;
  if (!found.ok()) {
    if (!absl::IsUnimplemented(found.status())) {
      results.push_back({cluster.name, false, std::string(found.status().message())});
    }
    return results;
  }
  for (const LabelledInstance& one : *found) {
    const bool is_known =
        std::any_of(cluster.nodes.begin(), cluster.nodes.end(),
                    [&](const NodeRecord& node) { return node.label == one.label; });
    if (is_known || !IsLabelOf(cluster, one.label)) continue;
    const absl::Status stopped = provider.Stop(one.instance);
    const bool ok = stopped.ok() || absl::IsNotFound(stopped);
    results.push_back({one.label, ok, ok ? "stopped" : std::string(stopped.message())});
  }
  return results;
}

// What Stop and RemoveNode have in common: the instances go, the record stays.
Report Cluster::StopBecause(LeaveReason reason, const std::vector<std::string>& only, bool force,
                            const Watch& watch) {
  for (const std::string& name : only) {
    if (const auto node = GetNode(name); !node.ok()) return Failed(node.status());
  }
  if (const absl::Status status = TellBeforeLeave(reason, only, force, watch); !status.ok()) {
    return Failed(status);
  }
  return ForEachNode("stopped", only, watch,
                     [this](CloudProvider& provider, const std::string& name) {
                       return EndInstance(provider, name);
                     });
}

Report Cluster::Stop(const std::vector<std::string>& only, bool deletes, bool force,
                     const Watch& watch) {
  const absl::StatusOr<Turn> turn = Begin("stopped");
  if (!turn.ok()) return Failed(turn.status());
  Report report =
      StopBecause(deletes ? LeaveReason::kDelete : LeaveReason::kStop, only, force, watch);
  const std::shared_ptr<CloudProvider> cloud = provider();
  if (cloud != nullptr && only.empty() && !absl::IsCancelled(report.status)) {
    for (NodeResult& stray : StopStrays(*cloud)) {
      if (!stray.ok && report.status.ok()) report.status = absl::UnavailableError(stray.text);
      report.nodes.push_back(std::move(stray));
    }
  }
  const bool is_over = report.status.ok() || (force && !absl::IsCancelled(report.status));
  if (!deletes || !is_over) {
    PublishRecord();
    return report;
  }
  std::shared_ptr<SetupProvider> setup;
  {
    const MutexLock lock(mutex_);
    setup = setup_;
    is_saved_ = false;
  }
  const ClusterRecord cluster = record();
  if (setup != nullptr) report.status.Update(setup->CleanUp(cluster));
  if (cloud != nullptr && report.status.ok()) cloud->Forget(cluster.name);
  Withdraw(cluster).IgnoreError();
  report.status.Update(repository_->Delete(cluster.name));
  return report;
}

Report Cluster::Pause(const std::vector<std::string>& only, const Watch& watch) {
  const absl::StatusOr<Turn> turn = Begin("paused");
  if (!turn.ok()) return Failed(turn.status());
  if (const absl::Status status = TellBeforeLeave(LeaveReason::kPause, only, false, watch);
      !status.ok()) {
    return Failed(status);
  }
  Report report =
      ForEachNode("paused", only, watch, [this](CloudProvider& provider, const std::string& name) {
        const absl::StatusOr<NodeRecord> node = GetNode(name);
        if (node.ok() && node->state == NodeState::kPaused) {
          return absl::OkStatus();
        }
        return PauseOne(provider, name);
      });
  PublishRecord();
  return report;
}

Report Cluster::Resume(const std::vector<std::string>& only, const Watch& watch) {
  std::vector<std::string> paused;
  {
    const absl::StatusOr<Turn> turn = Begin("resumed");
    if (!turn.ok()) return Failed(turn.status());
    for (const NodeRecord& node : Chosen(only)) {
      if (IsPaused(node.state)) paused.push_back(node.name);
    }
  }
  if (paused.empty()) return {};
  StartOptions options;
  options.only = paused;
  options.keeps_on_timeout = true;
  Report report = Start(options, watch);
  std::shared_ptr<SetupProvider> setup;
  {
    const MutexLock lock(mutex_);
    setup = setup_;
  }
  if (report.status.ok() && setup != nullptr) {
    report.status = setup->Resume(record(), [&](const std::string& node, const std::string& step) {
      if (watch.on_step) watch.on_step({node, NodeState::kRunning, step});
    });
  }
  if (report.status.ok()) report.status = TellSetUp(SetUpReason::kResume, watch);
  return report;
}

absl::Status Cluster::SetUp(const std::vector<std::string>& arguments, const Watch& watch,
                            SetUpReason reason) {
  ASSIGN_OR_RETURN(const Turn turn, Begin("set up"));
  std::shared_ptr<SetupProvider> setup;
  {
    const MutexLock lock(mutex_);
    setup = setup_;
  }
  if (setup == nullptr && observers().empty()) return absl::OkStatus();
  const ClusterRecord cluster = record();
  if (std::none_of(cluster.nodes.begin(), cluster.nodes.end(),
                   [](const NodeRecord& node) { return node.state == NodeState::kRunning; })) {
    return absl::FailedPreconditionError(
        absl::StrCat("no node of ", cluster.name, " runs that could be set up; start it first"));
  }
  if (setup != nullptr) {
    const auto progress = [&](const std::string& node, const std::string& step) {
      if (watch.on_step) watch.on_step({node, NodeState::kRunning, step});
    };
    RETURN_IF_ERROR(setup->SetUp(cluster, arguments, progress, watch.interrupts));
  }
  return TellSetUp(reason, watch);
}

absl::StatusOr<std::vector<std::string>> Cluster::Recover() {
  ASSIGN_OR_RETURN(const Turn turn, Begin("looked at"));
  ASSIGN_OR_RETURN(const std::shared_ptr<CloudProvider> provider, NeedProvider());
  absl::StatusOr<std::vector<std::string>> lines = RecoverAll(*provider);
  PublishRecord();
  return lines;
}

absl::StatusOr<std::vector<std::string>> Cluster::RecoverAll(CloudProvider& provider) {
  const ClusterRecord cluster = record();
  const bool needs_labels = std::any_of(
      cluster.nodes.begin(), cluster.nodes.end(),
      [](const NodeRecord& node) { return !node.label.empty() && node.instance.id.empty(); });
  absl::StatusOr<std::vector<LabelledInstance>> found = std::vector<LabelledInstance>();
  if (needs_labels) found = provider.Find(cluster.owner, cluster.name);
  if (!found.ok() && !absl::IsUnimplemented(found.status())) return found.status();
  std::vector<std::string> texts(cluster.nodes.size());
  ForEachBounded(
      cluster.nodes.size(), DefaultBound(),
      [&](std::size_t i) { texts[i] = RecoverOne(provider, cluster.nodes[i], found); }, nullptr);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].empty()) lines.push_back(absl::StrCat(cluster.nodes[i].name, ": ", texts[i]));
  }
  return lines;
}

// What it was otherwise than recorded; empty: nothing.
std::string Cluster::RecoverOne(CloudProvider& provider, const NodeRecord& node,
                                const absl::StatusOr<std::vector<LabelledInstance>>& found) {
  if (!HasInstance(node)) return "";
  NodeRecord now = node;
  if (node.instance.id.empty() && !found.ok()) {
    if (node.state == NodeState::kFailed) return "";  // the provider said why
    now.state = NodeState::kFailed;
    now.last_error =
        "its start was cut off, and its provider cannot tell what came of it; look there whether "
        "there is an instance too many, and start it again";
    const absl::Status saved = Change(node.name, [&](NodeRecord& kept) { kept = now; });
    return saved.ok() ? now.last_error : std::string(saved.message());
  }
  if (node.instance.id.empty()) {
    for (const LabelledInstance& one : *found) {
      if (one.label == node.label) now.instance = one.instance;
    }
  }
  std::string text;
  if (now.instance.id.empty() && node.state == NodeState::kFailed) {
    now.label.clear();  // it failed, and nothing came of it
  } else if (now.instance.id.empty()) {
    now.state = NodeState::kDefined;
    now.label.clear();
    text = "its start was cut off before there was an instance";
  } else {
    text = CompareWithProvider(provider, node, now);
    if (text.empty()) return "";
  }
  const absl::Status saved = Change(node.name, [&](NodeRecord& kept) { kept = now; });
  return saved.ok() ? text : std::string(saved.message());
}

}  // namespace muster::provision
