#include "provision/hook_observer.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "common/node_set.h"
#include "common/status_macros.h"
#include "provision/hook_requests.h"

namespace muster::provision {
namespace {

using nlohmann::json;

constexpr char kBody[] = "request_body";
constexpr char kPlacement[] = "placement";

const char* WordOf(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::kStop:
      return "stop";
    case LeaveReason::kRemove:
      return "remove";
    case LeaveReason::kDelete:
      return "delete";
    case LeaveReason::kPause:
      return "pause";
    case LeaveReason::kRestart:
      return "restart";
  }
  return "stop";
}

std::function<bool()> GivesUp(const Watch& watch) {
  if (!watch.interrupts) return {};
  return [&watch] { return watch.interrupts() > 0; };
}

json About(const ClusterRecord& cluster) {
  return {{"project", cluster.owner},
          {"slurm_cluster_name", cluster.name},
          {"cluster", cluster.name},
          {"template", cluster.template_name}};
}

class HookObserver : public ClusterObserver {
 public:
  explicit HookObserver(std::shared_ptr<Hooks> hooks) : hooks_(std::move(hooks)) {}

  std::string name() const override { return "hooks"; }

  absl::Status BeforeStart(const ClusterRecord& cluster, std::vector<NodeRecord>& orders,
                           const Watch& watch) override {
    RETURN_IF_ERROR(Place(cluster, orders, watch));
    if (!hooks_->Has(HookEvent::kPreStart)) return absl::OkStatus();
    json arguments = About(cluster);
    arguments["nodes"] = json::array();
    for (const NodeRecord& order : orders) arguments["nodes"].push_back(NodeForHooks(order));
    arguments[kBody] = StartBody(cluster, orders);
    arguments["placement_group"] = CommonGroup(arguments[kBody]);
    Hooks::Request request;
    request.event = HookEvent::kPreStart;
    request.node_lists = {"nodes"};
    request.changes = {kBody};
    request.check = [](const json& before, json& after) {
      return CheckStartBody(before[kBody], after[kBody]);
    };
    request.gives_up = GivesUp(watch);
    RETURN_IF_ERROR(hooks_->Fire(request, arguments));
    TakeStartBody(arguments[kBody], orders);
    return absl::OkStatus();
  }

  void AfterStart(const ClusterRecord& cluster, const Report& report, const Watch& watch) override {
    if (!hooks_->Has(HookEvent::kPostStart)) return;
    json arguments = About(cluster);
    arguments["nodelist"] = json::array();
    std::vector<std::string> names;
    for (const NodeResult& result : report.nodes) {
      const NodeRecord* const node = cluster.Find(result.node);
      arguments["nodelist"].push_back(node == nullptr ? json{{"name", result.node}}
                                                      : NodeForHooks(*node));
      names.push_back(result.node);
    }
    arguments["outcomes"] = OutcomesForHooks(report);
    arguments["error"] = std::string(report.status.message());
    arguments["global_resume_data"] = {{"jobs", json::array()},
                                       {"all_nodes_resume", names.empty() ? "" : Fold(names)}};
    Hooks::Request request;
    request.event = HookEvent::kPostStart;
    request.node_lists = {"nodelist"};
    const absl::Status status = hooks_->Fire(request, arguments);
    // It is too late for a veto.
    if (!status.ok() && watch.on_note) watch.on_note(Short(status.message()));
  }

  absl::Status BeforeLeave(const ClusterRecord& cluster, const std::vector<std::string>& nodes,
                           LeaveReason reason, std::string& /*receipt*/,
                           const Watch& watch) override {
    if (!hooks_->Has(HookEvent::kPreStop)) return absl::OkStatus();
    json arguments = About(cluster);
    arguments["nodelist"] = json::array();
    for (const std::string& name : nodes) {
      if (const NodeRecord* node = cluster.Find(name)) {
        arguments["nodelist"].push_back(NodeForHooks(*node));
      }
    }
    arguments["reason"] = WordOf(reason);
    Hooks::Request request;
    request.event = HookEvent::kPreStop;
    request.node_lists = {"nodelist"};
    request.gives_up = GivesUp(watch);
    return hooks_->Fire(request, arguments);
  }

 private:
  // One request for each kind that asks for a placement.
  absl::Status Place(const ClusterRecord& cluster, std::vector<NodeRecord>& orders,
                     const Watch& watch) {
    std::map<std::string, std::vector<NodeRecord*>> kinds;
    for (NodeRecord& order : orders) {
      if (HasPlacement(order)) kinds[order.kind].push_back(&order);
    }
    for (const auto& [kind, members] : kinds) {
      json arguments = About(cluster);
      json body = PlacementBody(cluster, *members.front(), static_cast<int>(members.size()));
      arguments["pg_name"] = body["name"];
      arguments["region"] = body["region"];
      arguments["nodes"] = json::array();
      for (const NodeRecord* node : members) arguments["nodes"].push_back(NodeForHooks(*node));
      arguments[kBody] = std::move(body);
      if (hooks_->Has(HookEvent::kPreGroup)) {
        Hooks::Request request;
        request.event = HookEvent::kPreGroup;
        request.node_lists = {"nodes"};
        request.changes = {kBody};
        request.check = [](const json& before, json& after) {
          return CheckPlacementBody(before[kBody], after[kBody]);
        };
        request.gives_up = GivesUp(watch);
        RETURN_IF_ERROR(hooks_->Fire(request, arguments));
      }
      for (NodeRecord* node : members) {
        node->extra[kPlacement] =
            arguments[kBody].dump(-1, ' ', false, json::error_handler_t::replace);
      }
    }
    return absl::OkStatus();
  }

  // The group that all nodes have; null: there is none, or several.
  static json CommonGroup(const json& body) {
    json group;
    bool is_first = true;
    for (const auto& [name, node] : body["nodes"].items()) {
      if (!is_first && node["placement_group"] != group) return nullptr;
      group = node["placement_group"];
      is_first = false;
    }
    return group;
  }

  const std::shared_ptr<Hooks> hooks_;
};

}  // namespace

std::shared_ptr<ClusterObserver> MakeHookObserver(std::shared_ptr<Hooks> hooks) {
  return std::make_shared<HookObserver>(std::move(hooks));
}

}  // namespace muster::provision
