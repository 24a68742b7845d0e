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

// What of a receipt is read here, as muster/plugins/receipt.py writes it; the rest is Python's:
// {"done": {PLUGIN: {"ran": true, "nodes": {NODE: {"id": INSTANCE, "ok": true, "hook": "run",
// "text": ""}}, "removed": true}}, "plugins": [{"name": PLUGIN}, …], "failed": {PLUGIN: TEXT}}
const json& Member(const json& object, const std::string& name) {
  static const auto* const kNone = new json(json::object());
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? *kNone : *found;
}

std::string TextOf(const json& object, const std::string& name) {
  const json& text = Member(object, name);
  return text.is_string() ? text.get<std::string>() : "";
}

bool IsSet(const json& object, const std::string& name) { return Member(object, name) == true; }

// In the order in which they run; those that are not configured any more behind them.
std::vector<std::string> NamesOf(const json& receipt) {
  std::vector<std::string> names;
  for (const json& plugin : Member(receipt, "plugins")) names.push_back(TextOf(plugin, "name"));
  for (const char* member : {"done", "failed"}) {
    for (const auto& [name, entry] : Member(receipt, member).items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

// Whether it was one of the cluster's plugins, and the plan has it no more.
bool IsRemoved(const json& receipt, const std::string& name, const PluginPlan* plan) {
  if (IsSet(Member(Member(receipt, "done"), name), "removed")) return true;
  if (plan == nullptr) return false;
  const json& ours = Member(receipt, "plugins");
  const bool was_ours = std::any_of(ours.begin(), ours.end(),
                                    [&](const json& told) { return TextOf(told, "name") == name; });
  return was_ours && std::none_of(plan->plugins.begin(), plan->plugins.end(),
                                  [&](const PluginSection& one) { return one.name == name; });
}

// Whether a plugin ever saw the instance of one of these nodes.
bool IsKnown(const json& receipt, const std::vector<NodeRecord>& nodes) {
  for (const auto& [name, entry] : Member(receipt, "done").items()) {
    for (const NodeRecord& node : nodes) {
      if (TextOf(Member(Member(entry, "nodes"), node.name), "id") == node.instance.id) return true;
    }
  }
  return false;
}

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

  // What cannot be set up is not begun.
  absl::Status BeforeStart(const ClusterRecord& /*cluster*/, std::vector<NodeRecord>& /*orders*/,
                           const Watch& /*watch*/) override {
    return plan_.status();
  }

  absl::Status SetUp(const ClusterRecord& cluster, SetUpReason reason, std::string& receipt,
                     const Watch& watch) override {
    RETURN_IF_ERROR(plan_.status());
    if (plan_->plugins.empty() && receipt.empty()) return absl::OkStatus();
    PluginOrder order = PluginOrderOf(cluster, *plan_, flags_);
    order.reason = NameOf(reason);
    // Of a cluster that was stopped as a whole every node is new: that is a start, and no change.
    order.again = flags_.again || reason == SetUpReason::kRestart ||
                  !IsKnown(json::parse(receipt, nullptr, false), order.nodes);
    return Run("set_up", order, receipt, watch);
  }

  absl::Status BeforeLeave(const ClusterRecord& cluster, const std::vector<std::string>& nodes,
                           LeaveReason reason, std::string& receipt, const Watch& watch) override {
    if (reason == LeaveReason::kRestart && !plan_.ok()) {
      return absl::AbortedError(plan_.status().message());
    }
    // What never ran has nothing to undo.
    if (reason == LeaveReason::kPause || receipt.empty()) return absl::OkStatus();
    PluginOrder order = PluginOrderOf(cluster, plan_.ok() ? *plan_ : PluginPlan(), flags_);
    order.reason = NameOf(cluster, nodes, reason);
    order.leaving = nodes;
    return Run("leave", order, receipt, watch);
  }

 private:
  static absl::Status Run(const std::string& method, const PluginOrder& order, std::string& receipt,
                          const Watch& watch) {
    ASSIGN_OR_RETURN(const PluginAnswer answer, CallPlugins(method, order, watch));
    receipt = answer.receipt;
    RETURN_IF_ERROR(answer.cut_off);
    if (!answer.ok) return absl::FailedPreconditionError(answer.message);
    // That no plugin has the hook is no news.
    const bool is_news = method == "set_up" || !answer.results.empty();
    if (watch.on_step && is_news && !answer.message.empty()) {
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

PluginPlan PlanOfReceipt(const ClusterRecord& cluster) {
  PluginPlan plan;
  const json receipt = json::parse(ReceiptOf(cluster), nullptr, false);
  for (const json& told : Member(receipt, "plugins")) {
    PluginSection plugin;
    plugin.name = TextOf(told, "name");
    plugin.setup_class = TextOf(told, "setup_class");
    plugin.origin = TextOf(told, "origin");
    for (const auto& [key, value] : Member(told, "settings").items()) {
      plugin.settings[key] = TextOf(Member(told, "settings"), key);
    }
    plan.plugins.push_back(std::move(plugin));
  }
  return plan;
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

std::vector<PluginResult> PluginResultsOf(const ClusterRecord& cluster, const PluginPlan* plan) {
  std::vector<PluginResult> results;
  const json receipt = json::parse(ReceiptOf(cluster), nullptr, false);
  for (const std::string& name : NamesOf(receipt)) {
    const json& entry = Member(Member(receipt, "done"), name);
    const bool is_removed = IsRemoved(receipt, name, plan);
    bool has_failed = false;
    for (const NodeRecord& node : cluster.nodes) {
      const json& told = Member(Member(entry, "nodes"), node.name);
      if (told.empty() || TextOf(told, "id") != node.instance.id) continue;  // of one before it
      const std::string text = TextOf(told, "text");
      results.push_back({name, node.name, IsSet(told, "ok"),
                         absl::StrCat(TextOf(told, "hook"), text.empty() ? "" : ": ", text,
                                      is_removed ? "; no longer configured" : "")});
      has_failed = has_failed || !results.back().ok;
    }
    if (is_removed || has_failed) continue;
    const std::string text = TextOf(Member(receipt, "failed"), name);  // and not on a node
    if (!text.empty() || !IsSet(entry, "ran")) {
      results.push_back({name, "", false, text.empty() ? "did not run" : text});
    }
  }
  return results;
}

}  // namespace muster::provision
