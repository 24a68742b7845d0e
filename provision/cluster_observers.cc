// What the observers of a cluster say to its steps (provision/cluster_observer.h).
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "common/mutex.h"
#include "common/status_macros.h"
#include "provision/cluster.h"
#include "provision/cluster_turn.h"

namespace muster::provision {

void Cluster::AddObserver(std::shared_ptr<ClusterObserver> observer) {
  const MutexLock lock(mutex_);
  observers_.push_back(std::move(observer));
}

std::vector<std::shared_ptr<ClusterObserver>> Cluster::observers() const {
  const MutexLock lock(mutex_);
  return observers_;
}

absl::Status Cluster::TellBeforeStart(const std::vector<std::string>& names, const Watch& watch) {
  const auto observers = this->observers();
  if (observers.empty() || names.empty()) return absl::OkStatus();
  std::vector<NodeRecord> orders = Chosen(names);
  for (const auto& observer : observers) {
    RETURN_IF_ERROR(observer->BeforeStart(record(), orders, watch));
  }
  for (const NodeRecord& order : orders) {
    RETURN_IF_ERROR(Change(order.name, [&](NodeRecord& node) {
      NodeRecord changed = order;
      changed.kind = node.kind;
      changed.state = node.state;
      changed.label = node.label;
      changed.instance = node.instance;
      changed.paused = node.paused;
      node = std::move(changed);
    }));
  }
  return absl::OkStatus();
}

absl::Status Cluster::TellSetUp(SetUpReason reason, const Watch& watch) {
  for (const auto& observer : observers()) {
    const ClusterRecord cluster = record();
    const auto found = cluster.receipts.find(observer->name());
    std::string receipt = found == cluster.receipts.end() ? "" : found->second;
    absl::Status status = observer->SetUp(cluster, reason, receipt, watch);
    status.Update(KeepReceipt(observer->name(), receipt));
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status Cluster::TellBeforeLeave(LeaveReason reason, const std::vector<std::string>& only,
                                      bool force, const Watch& watch) {
  std::vector<std::string> leaving;
  for (const NodeRecord& node : Chosen(only)) {
    if (node.state == NodeState::kRunning) leaving.push_back(node.name);
  }
  auto observers = this->observers();
  if (leaving.empty()) return absl::OkStatus();
  std::reverse(observers.begin(), observers.end());
  for (const auto& observer : observers) {
    const ClusterRecord cluster = record();
    const auto found = cluster.receipts.find(observer->name());
    std::string receipt = found == cluster.receipts.end() ? "" : found->second;
    absl::Status status = observer->BeforeLeave(cluster, leaving, reason, receipt, watch);
    const absl::Status kept = KeepReceipt(observer->name(), receipt);
    if (absl::IsAborted(status)) {
      if (!force) return status;
      status = absl::AbortedError(absl::StrCat(Short(status.message()), "; overridden by --force"));
    }
    for (const absl::Status& one : {status, kept}) {
      if (!one.ok() && watch.on_note) watch.on_note(Short(one.message()));
    }
    // Whoever stopped what was to say yes did not say yes in its place.
    if (absl::IsCancelled(status) || (watch.interrupts && watch.interrupts() > 0)) {
      return absl::CancelledError(
          absl::StrCat("it was interrupted before a node was touched; what ", observer->name(),
                       " had done until then is done, and the nodes go on"));
    }
  }
  return absl::OkStatus();
}

absl::Status Cluster::WithReceipt(
    const std::string& name,
    const std::function<absl::Status(const ClusterRecord& cluster, std::string& receipt)>& work) {
  ASSIGN_OR_RETURN(const Turn turn, Begin("changed"));
  const ClusterRecord cluster = record();
  const auto found = cluster.receipts.find(name);
  std::string receipt = found == cluster.receipts.end() ? "" : found->second;
  absl::Status status = work(cluster, receipt);
  status.Update(KeepReceipt(name, receipt));
  return status;
}

absl::Status Cluster::KeepReceipt(const std::string& name, const std::string& receipt) {
  bool is_saved = false;
  {
    const MutexLock lock(mutex_);
    const auto found = record_.receipts.find(name);
    if (receipt == (found == record_.receipts.end() ? "" : found->second)) return absl::OkStatus();
    if (receipt.empty()) {
      record_.receipts.erase(name);
    } else {
      record_.receipts[name] = receipt;
    }
    is_saved = is_saved_;
  }
  return is_saved ? repository_->Save(record()) : absl::OkStatus();
}

}  // namespace muster::provision
