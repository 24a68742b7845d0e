#include "shell/hook_fields.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "provision/cluster_repository.h"
#include "provision/hook_requests.h"
#include "provision/hooks.h"
#include "shell/node_facts.h"

namespace muster::clustershell {
namespace {

using nlohmann::json;
using provision::HookEvent;
using provision::Hooks;

constexpr char kFields[] = "instance_information_fields";

// What is kept of the clusters of these nodes.
std::map<std::string, provision::ClusterRecord> RecordsOf(const std::vector<NodeCheck>& checks) {
  std::map<std::string, provision::ClusterRecord> records;
  const auto repository = provision::OpenSqliteRepository();
  if (!repository.ok()) return records;
  std::set<std::string> seen;
  for (const NodeCheck& check : checks) {
    if (!seen.insert(check.node.cluster).second) continue;
    const auto record = (*repository)->Get(check.node.cluster);
    if (record.ok()) records[check.node.cluster] = *record;
  }
  return records;
}

json NodeOf(const NodeCheck& check,
            const std::map<std::string, provision::ClusterRecord>& records) {
  json node = json::object();
  const auto record = records.find(check.node.cluster);
  const provision::NodeRecord* const kept =
      record == records.end() ? nullptr : record->second.Find(check.node.name);
  if (kept != nullptr) node = provision::NodeForHooks(*kept);
  for (const auto& [name, value] : FactsOf(check)) node[name] = value;
  return node;
}

std::string TextOf(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// The field of a node's record; null: it has none.
json ValueOf(const json& node, const std::string& field) {
  if (node.contains(field)) return node[field];
  for (const char* inner : {"facts", "extra"}) {
    if (node.contains(inner) && node[inner].is_object() && node[inner].contains(field)) {
      return node[inner][field];
    }
  }
  return {};
}

// Those that hooks added, sorted, each once.
std::vector<std::string> Register(Hooks& hooks, const std::vector<NodeCheck>& checks) {
  std::set<std::string> usual;
  for (const NodeCheck& check : checks) {
    for (const auto& [name, value] : FactsOf(check)) usual.insert(name);
  }
  const std::string cluster = checks.front().node.cluster;
  json arguments = {{"project", cluster}, {"slurm_cluster_name", cluster}, {kFields, usual}};
  Hooks::Request request;
  request.event = HookEvent::kFields;
  request.changes = {kFields};
  request.check = [](const json& /*before*/, json& after) {
    const json& fields = after[kFields];
    const bool is_list =
        fields.is_array() && std::all_of(fields.begin(), fields.end(),
                                         [](const json& field) { return field.is_string(); });
    return is_list
               ? absl::OkStatus()
               : absl::InvalidArgumentError(absl::StrCat(kFields, " has to stay a list of names"));
  };
  hooks.Fire(request, arguments).IgnoreError();  // nothing is about to happen that it could stop
  std::set<std::string> added;
  for (const json& field : arguments[kFields]) {
    if (usual.count(field.get<std::string>()) == 0) added.insert(field.get<std::string>());
  }
  return {added.begin(), added.end()};
}

}  // namespace

HookFields AskForFields(const std::vector<NodeCheck>& checks) {
  const std::shared_ptr<Hooks> hooks = Hooks::Get();
  if (hooks == nullptr || checks.empty() || !hooks->Has(HookEvent::kFields)) return {};
  const std::vector<std::string> fields = Register(*hooks, checks);
  if (fields.empty()) return {};
  const auto records = RecordsOf(checks);
  json arguments = {{"fields", fields}, {"nodes", json::array()}};
  for (const NodeCheck& check : checks) arguments["nodes"].push_back(NodeOf(check, records));
  json told = json::object();
  Hooks::Request request;
  request.event = HookEvent::kInformation;
  request.node_lists = {"nodes"};
  request.on_result = [&told](const std::string& /*name*/, const json& result) {
    for (const auto& [node, values] : result.items()) {
      if (values.is_object()) told[node].update(values);
    }
  };
  hooks->Fire(request, arguments).IgnoreError();
  HookFields all;
  for (const json& node : arguments["nodes"]) {
    const std::string name = node["name"].get<std::string>();
    for (const std::string& field : fields) {
      const bool is_told = told.contains(name) && told[name].contains(field);
      const json value = is_told ? told[name][field] : ValueOf(node, field);
      if (!value.is_null()) all[name].emplace_back(field, TextOf(value));
    }
  }
  return all;
}

}  // namespace muster::clustershell
