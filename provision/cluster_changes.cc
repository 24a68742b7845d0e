// Long operations of a cluster that are made of others: nodes leave it, or begin anew.
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "provision/cluster.h"
#include "provision/cluster_turn.h"

namespace muster::provision {
namespace {

Report Failed(absl::Status status) {
  Report report;
  report.status = std::move(status);
  return report;
}

}  // namespace

Report Cluster::Remove(const std::vector<std::string>& names, bool force, const Watch& watch) {
  if (names.empty()) return {};
  const absl::StatusOr<Turn> turn = Begin("changed");
  if (!turn.ok()) return Failed(turn.status());
  Report report = StopBecause(LeaveReason::kRemove, names, force, watch);
  for (NodeResult& node : report.nodes) {
    if (!node.ok) continue;
    const absl::Status removed = RemoveNode(node.node, false);
    node.ok = removed.ok();
    node.text = removed.ok() ? "removed" : std::string(removed.message());
    if (report.status.ok() && !removed.ok()) report.status = removed;
  }
  PublishRecord();
  return report;
}

Report Cluster::Restart(const Watch& watch) {
  std::vector<std::string> names;
  {
    const absl::StatusOr<Turn> turn = Begin("restarted");
    if (!turn.ok()) return Failed(turn.status());
    for (const NodeRecord& node : Chosen({})) {
      if (!node.instance.id.empty() && !IsPaused(node.state)) names.push_back(node.name);
    }
    if (names.empty()) {
      return Failed(absl::FailedPreconditionError(
          absl::StrCat("no node of ", record().name, " runs that could be restarted")));
    }
    Report stopped = StopBecause(LeaveReason::kRestart, names, false, watch);
    PublishRecord();
    if (!stopped.status.ok()) return stopped;
  }
  StartOptions options;
  options.only = names;
  options.keeps_on_timeout = true;
  Report report = Start(options, watch);
  if (report.status.ok()) report.status = SetUp({}, watch, SetUpReason::kRestart);
  return report;
}

}  // namespace muster::provision
