#include "provision/hook_requests.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "common/status_macros.h"
#include "common/variable_name.h"
#include "provision/daemon_settings.h"
#include "provision/node_health.h"
#include "provision/record_check.h"

namespace muster::provision {
namespace {

using nlohmann::json;

constexpr char kPlacement[] = "placement";
constexpr char kEnvironment[] = "environment";
constexpr char kSettings[] = "settings";

struct TextField {
  const char* name;
  std::string NodeRecord::*field;
};

constexpr TextField kTexts[] = {
    {"image", &NodeRecord::image_id},          {"image_user", &NodeRecord::image_user},
    {"flavor", &NodeRecord::flavor},           {"security_group", &NodeRecord::security_group},
    {"userdata", &NodeRecord::image_userdata},
};

json Parsed(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(text) : value;
}

std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json ExtraOf(const NodeRecord& node) {
  json extra = json::object();
  for (const auto& [name, text] : node.extra) extra[name] = Parsed(text);
  return extra;
}

json TakeOut(json& extra, const char* name) {
  const auto found = extra.find(name);
  if (found == extra.end()) return json::object();
  json value = *found;
  extra.erase(name);
  return value.is_object() ? value : json::object();
}

std::string KeysOf(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return absl::StrJoin(keys, ", ");
}

// The keys of both are the same.
absl::Status CheckKeys(const std::string& what, const json& before, const json& after) {
  if (!after.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " is ", after.type_name(), ", and has to stay an object"));
  }
  for (const auto& [key, value] : after.items()) {
    if (before.contains(key)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(what, " has no \"", key, "\"; it has: ", KeysOf(before)));
  }
  for (const auto& [key, value] : before.items()) {
    if (after.contains(key)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(what, " lost its \"", key, "\", which has to stay"));
  }
  return absl::OkStatus();
}

absl::Status CheckTexts(const std::string& what, const json& object) {
  if (!object.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " is ", object.type_name(), ", and has to be an object of texts"));
  }
  for (const auto& [key, value] : object.items()) {
    if (value.is_string()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(what, ".", key, " is ", Text(value), ", and has to be a text"));
  }
  return absl::OkStatus();
}

absl::Status CheckDaemon(const std::string& what, const json& node) {
  if (!node.contains(kEnvironment)) return absl::OkStatus();
  RETURN_IF_ERROR(CheckTexts(what + "." + kEnvironment, node[kEnvironment]));
  for (const auto& [name, value] : node[kEnvironment].items()) {
    if (!IsVariableName(name) || name == "HOME" || name == "MUSTER_INSTANCE") {
      return absl::InvalidArgumentError(
          absl::StrCat(what, ".environment: \"", name, "\" cannot be a variable here"));
    }
  }
  for (const auto& [name, value] : node[kEnvironment].items()) {
    if (!absl::StrContains(value.get_ref<const std::string&>(), '\0')) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(what, ".environment: the value of ", name, " holds a NUL byte"));
  }
  RETURN_IF_ERROR(CheckTexts(what + "." + kSettings, node[kSettings]));
  return CheckSettings(what + "." + kSettings, node[kSettings].get<Settings>(), DaemonSettings());
}

absl::Status CheckNode(const std::string& name, const json& before, const json& after) {
  const std::string what = absl::StrCat("request_body.nodes.", name);
  RETURN_IF_ERROR(CheckKeys(what, before, after));
  for (const TextField& text : kTexts) {
    if (after[text.name].is_string()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        what, ".", text.name, " is ", Text(after[text.name]), ", and has to be a text"));
  }
  if (!after["extra"].is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(what, ".extra has to be an object"));
  }
  if (after["placement_group"] != before["placement_group"]) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ".placement_group is for pre_group to change"));
  }
  return CheckDaemon(what, after);
}

}  // namespace

json NodeForHooks(const NodeRecord& node) {
  json told = {{"name", node.name},
               {"kind", node.kind},
               {"state", NameOf(node.state)},
               {"status", NameOf(node.state)},
               {"id", node.instance.id},
               {"label", node.label},
               {"address", ClientAddress(node)},
               {"addresses", node.instance.addresses},
               {"last_error", node.last_error},
               {"changed", node.changed},
               {"facts", node.instance.facts},
               {"extra", ExtraOf(node)}};
  for (const TextField& text : kTexts) told[text.name] = node.*text.field;
  return told;
}

json OutcomesForHooks(const Report& report) {
  json outcomes = json::array();
  for (const NodeResult& node : report.nodes) {
    outcomes.push_back({{"node", node.node}, {"ok", node.ok}, {"text", node.text}});
  }
  return outcomes;
}

bool HasPlacement(const NodeRecord& node) { return node.extra.count(kPlacement) != 0; }

json StartBody(const ClusterRecord& cluster, const std::vector<NodeRecord>& orders) {
  json nodes = json::object();
  for (const NodeRecord& order : orders) {
    json node = json::object();
    for (const TextField& text : kTexts) node[text.name] = order.*text.field;
    json extra = ExtraOf(order);
    const json environment = TakeOut(extra, kEnvironment);
    const json settings = TakeOut(extra, kSettings);
    const json placement = TakeOut(extra, kPlacement);
    node["placement_group"] = placement.contains("name") ? placement["name"] : json();
    node["extra"] = extra;
    if (cluster.provider.type == "local") {
      node[kEnvironment] = environment;
      node[kSettings] = settings;
    }
    nodes[order.name] = std::move(node);
  }
  return {{"count", orders.size()}, {"nodes", nodes}};
}

absl::Status CheckStartBody(const json& before, const json& after) {
  RETURN_IF_ERROR(CheckKeys("request_body", before, after));
  if (after["count"] != before["count"]) {
    return absl::InvalidArgumentError(
        "request_body.count cannot change: how many nodes there are is not for a hook to say");
  }
  RETURN_IF_ERROR(CheckKeys("request_body.nodes", before["nodes"], after["nodes"]));
  for (const auto& [name, node] : after["nodes"].items()) {
    RETURN_IF_ERROR(CheckNode(name, before["nodes"][name], node));
  }
  return absl::OkStatus();
}

void TakeStartBody(const json& body, std::vector<NodeRecord>& orders) {
  for (NodeRecord& order : orders) {
    const json& node = body["nodes"][order.name];
    for (const TextField& text : kTexts) order.*text.field = node[text.name].get<std::string>();
    Settings extra;
    for (const auto& [name, value] : node["extra"].items()) extra[name] = Text(value);
    for (const char* name : {kEnvironment, kSettings}) {
      if (node.contains(name) && !node[name].empty()) extra[name] = Text(node[name]);
    }
    if (HasPlacement(order)) extra[kPlacement] = order.extra[kPlacement];
    order.extra = std::move(extra);
  }
}

json PlacementBody(const ClusterRecord& cluster, const NodeRecord& first, int count) {
  const auto region = cluster.provider.settings.find("region");
  json body = {{"name", absl::StrCat(cluster.name, "-", first.kind, "-", cluster.id, "-0")},
               {"kind", first.kind},
               {"region",
                region == cluster.provider.settings.end() ? cluster.provider.type : region->second},
               {"vmCount", count},
               {"policy", ""},
               {"groupPlacementPolicy", json::object()}};
  const json asked = Parsed(first.extra.at(kPlacement));
  if (asked.is_string()) body["policy"] = asked;
  if (!asked.is_object()) return body;
  for (const char* key : {"policy", "groupPlacementPolicy"}) {
    if (asked.contains(key)) body[key] = asked[key];
  }
  return body;
}

absl::Status CheckPlacementBody(const json& before, const json& after) {
  RETURN_IF_ERROR(CheckKeys("request_body", before, after));
  for (const char* key : {"kind", "region", "vmCount"}) {
    if (after[key] == before[key]) continue;
    return absl::InvalidArgumentError(absl::StrCat("request_body.", key,
                                                   " cannot change; name, policy and "
                                                   "groupPlacementPolicy may"));
  }
  for (const char* key : {"name", "policy"}) {
    if (after[key].is_string()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("request_body.", key, " is ", Text(after[key]), ", and has to be a text"));
  }
  if (!after["groupPlacementPolicy"].is_object()) {
    return absl::InvalidArgumentError("request_body.groupPlacementPolicy has to be an object");
  }
  return absl::OkStatus();
}

}  // namespace muster::provision
