#include "provision/plugin_observer.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "common/status_macros.h"

namespace muster::provision {
namespace {

using nlohmann::json;

// Ours in the receipt, which is Python's otherwise.
constexpr char kResults[] = "told";

const char* NameOf(SetUpReason reason) {
  switch (reason) {
    case SetUpReason::kStart:
      return "start";
    case SetUpReason::kResume:
      return "resume";
    case SetUpReason::kRestart:
      return "restart";
  }
  return "start";
}

// To plugins nodes that are stopped are gone: the next start gives them other instances.
std::string NameOf(const ClusterRecord& cluster, const std::vector<std::string>& nodes,
                   LeaveReason reason) {
  if (reason == LeaveReason::kRestart) return "restart";
  if (reason == LeaveReason::kRemove) return "remove";
  const bool some_stay =
      std::any_of(cluster.nodes.begin(), cluster.nodes.end(), [&](const NodeRecord& node) {
        return node.state == NodeState::kRunning &&
               std::find(nodes.begin(), nodes.end(), node.name) == nodes.end();
      });
  return some_stay ? "remove" : "shutdown";
}

std::string ReceiptOf(const ClusterRecord& cluster) {
  const auto found = cluster.receipts.find(kPluginReceipts);
  return found == cluster.receipts.end() ? "" : found->second;
}

class PluginObserver : public ClusterObserver {
 public:
  PluginObserver(absl::StatusOr<PluginPlan> plan, const PluginFlags& flags)
      : plan_(std::move(plan)), flags_(flags) {}

  std::string name() const override { return kPluginReceipts; }

  absl::Status SetUp(const ClusterRecord& cluster, SetUpReason reason, std::string& receipt,
                     const Watch& watch) override {
    RETURN_IF_ERROR(plan_.status());
    if (plan_->plugins.empty() && receipt.empty()) return absl::OkStatus();
    PluginOrder order = PluginOrderOf(cluster, *plan_, flags_);
    order.reason = NameOf(reason);
    order.again = flags_.again || reason == SetUpReason::kRestart;
    return Run("set_up", cluster, order, receipt, watch);
  }

  absl::Status BeforeLeave(const ClusterRecord& cluster, const std::vector<std::string>& nodes,
                           LeaveReason reason, std::string& receipt, const Watch& watch) override {
    // What never ran has nothing to undo.
    if (reason == LeaveReason::kPause || receipt.empty()) return absl::OkStatus();
    PluginOrder order = PluginOrderOf(cluster, plan_.ok() ? *plan_ : PluginPlan(), flags_);
    order.reason = NameOf(cluster, nodes, reason);
    order.leaving = nodes;
    return Run("leave", cluster, order, receipt, watch);
  }

 private:
  static absl::Status Run(const std::string& method, const ClusterRecord& cluster,
                          const PluginOrder& order, std::string& receipt, const Watch& watch) {
    ASSIGN_OR_RETURN(const PluginAnswer answer, CallPlugins(method, order, watch));
    receipt = WithResults(cluster, answer);
    if (!answer.ok) return absl::FailedPreconditionError(answer.message);
    if (watch.on_step && !answer.message.empty()) {
      watch.on_step({"", NodeState::kRunning, answer.message});
    }
    return absl::OkStatus();
  }

  const absl::StatusOr<PluginPlan> plan_;
  const PluginFlags flags_;
};

}  // namespace

std::shared_ptr<ClusterObserver> MakePluginObserver(absl::StatusOr<PluginPlan> plan,
                                                    const PluginFlags& flags) {
  return std::make_shared<PluginObserver>(std::move(plan), flags);
}

PluginOrder PluginOrderOf(const ClusterRecord& cluster, const PluginPlan& plan,
                          const PluginFlags& flags) {
  PluginOrder order;
  order.cluster = cluster.name;
  order.id = cluster.id;
  for (const NodeRecord& node : cluster.nodes) {
    if (node.state == NodeState::kRunning) order.nodes.push_back(node);
  }
  order.plan = plan;
  order.receipt = ReceiptOf(cluster);
  order.debug = flags.debug;
  order.again = flags.again;
  order.reload = flags.reload;
  return order;
}

std::vector<PluginResult> PluginResultsOf(const ClusterRecord& cluster) {
  std::vector<PluginResult> results;
  const json receipt = json::parse(ReceiptOf(cluster), nullptr, false);
  if (!receipt.is_object() || !receipt.contains(kResults)) return results;
  try {
    for (const json& one : receipt.at(kResults)) {
      results.push_back({one.at(0).get<std::string>(), one.at(1).get<std::string>(),
                         one.at(2).get<bool>(), one.at(3).get<std::string>()});
    }
  } catch (const json::exception&) {
    return {};  // of another version
  }
  return results;
}

std::string WithResults(const ClusterRecord& cluster, const PluginAnswer& answer) {
  json receipt = json::parse(answer.receipt, nullptr, false);
  if (!receipt.is_object()) receipt = json::object();
  std::vector<PluginResult> results = PluginResultsOf(cluster);
  for (const PluginResult& fresh : answer.results) {
    const auto same = std::find_if(results.begin(), results.end(), [&](const PluginResult& other) {
      return other.plugin == fresh.plugin && other.node == fresh.node;
    });
    if (same == results.end()) {
      results.push_back(fresh);
    } else {
      *same = fresh;
    }
  }
  json told = json::array();
  for (const PluginResult& result : results) {
    const bool is_there = result.node.empty() || cluster.Find(result.node) != nullptr;
    if (is_there) told.push_back({result.plugin, result.node, result.ok, result.text});
  }
  receipt.erase(kResults);
  if (receipt.empty() && told.empty()) return "";
  receipt[kResults] = told;
  return receipt.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace muster::provision
