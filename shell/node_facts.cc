#include "shell/node_facts.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace muster::clustershell {
namespace {

using Json = nlohmann::ordered_json;

// A text of JSON is UTF-8: what a node or a file wrote otherwise is shown by U+FFFD.
Json Text(const std::string& text) {
  const std::string dumped = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(dumped);
}

Json Texts(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(Text(text));
  return list;
}

std::string WorkOf(const RunningExecution& execution) {
  const char* state = execution.stopping ? "stopping" : (execution.queued ? "queued" : "running");
  return absl::StrCat(state, " ", execution.command);
}

bool IsKnown(const NodeCheck& check) {
  return check.state == "running" || check.state == "draining";
}

// Numbers that change with every look are not searched: 0.15 is a part of an address. Nor is why a
// node does not answer.
bool IsOfTheMoment(absl::string_view name) {
  return name == "latency" || name == "load" || name == "pid" || name == "running" ||
         name == "reason";
}

}  // namespace

std::string LatencyOf(const NodeCheck& check) {
  if (!IsKnown(check)) return "-";
  return absl::StrFormat("%.1f ms", static_cast<double>(check.latency.count()) / 1000);
}

std::string SlotsOf(const NodeCheck& check) {
  std::vector<std::string> slots;
  for (const NodeSlot& slot : check.slots) {
    if (slot.name == "cores" || slot.name == "memory") continue;
    slots.push_back(absl::StrCat(slot.name, ":", slot.free, "/", slot.total));
  }
  return slots.empty() ? "-" : absl::StrJoin(slots, ",");
}

std::string InGibibytes(std::uint64_t bytes) {
  return absl::StrFormat("%.1f GiB", static_cast<double>(bytes) / (1u << 30));
}

std::string ClusterOf(const Node& node) {
  return node.member_of.empty() ? node.cluster : node.member_of;
}

std::string KindOf(const Node& node) {
  for (absl::string_view tag : node.tags) {
    if (absl::ConsumePrefix(&tag, "kind:")) return std::string(tag);
  }
  return "";
}

std::vector<std::pair<std::string, std::string>> FactsOf(const NodeCheck& check) {
  const Node& node = check.node;
  std::vector<std::pair<std::string, std::string>> facts = {
      {"name", node.name},
      {"state", check.state},
      {"reason", check.reason},
      {"address", node.address},
      {"cluster", node.cluster},
      {"member-of", node.member_of},
      {"kind", KindOf(node)},
      {"tags", absl::StrJoin(node.tags, ",")},
      {"login-user", node.login_user},
      {"keyfile", node.keyfile},
  };
  if (IsKnown(check)) {
    const std::string slots = SlotsOf(check);
    facts.insert(facts.end(), {
                                  {"latency", LatencyOf(check)},
                                  {"load", absl::StrFormat("%.2f", check.load)},
                                  {"cores", absl::StrCat(check.cores)},
                                  {"memory", InGibibytes(check.memory_bytes)},
                                  {"workers", absl::StrCat(check.workers)},
                                  {"slots", slots == "-" ? "" : slots},
                                  {"os", check.os},
                                  {"ip", absl::StrJoin(check.ip_addresses, ",")},
                                  {"python", check.python},
                                  {"version", check.version},
                                  {"pid", absl::StrCat(check.pid)},
                                  {"running", absl::StrCat(check.running)},
                              });
    for (const RunningExecution& execution : check.executions) {
      facts.emplace_back("execution", WorkOf(execution));
    }
  }
  facts.erase(std::remove_if(facts.begin(), facts.end(),
                             [](const auto& fact) { return fact.second.empty(); }),
              facts.end());
  return facts;
}

std::vector<std::pair<std::string, std::string>> FactsOf(const NodeCheck& check,
                                                         const HookFields& fields) {
  std::vector<std::pair<std::string, std::string>> facts = FactsOf(check);
  const auto found = fields.find(check.node.name);
  if (found != fields.end()) facts.insert(facts.end(), found->second.begin(), found->second.end());
  return facts;
}

Json JsonOf(const NodeCheck& check, const HookFields& fields) {
  const Node& node = check.node;
  Json json = {{"index", node.index},
               {"name", node.name},
               {"state", check.state},
               {"reason", check.reason.empty() ? Json() : Text(check.reason)},
               {"address", Text(node.address)},
               {"cluster", node.cluster},
               {"member_of", node.member_of.empty() ? Json() : Json(node.member_of)},
               {"kind", KindOf(node).empty() ? Json() : Text(KindOf(node))},
               {"tags", Texts(node.tags)},
               {"given_tags", Texts(node.given_tags)},
               {"login_user", node.login_user.empty() ? Json() : Text(node.login_user)},
               {"keyfile", node.keyfile.empty() ? Json() : Text(node.keyfile)}};
  if (const auto found = fields.find(node.name); found != fields.end()) {
    for (const auto& [name, value] : found->second) json["fields"][name] = Text(value);
  }
  if (!IsKnown(check)) return json;
  json["latency_s"] = static_cast<double>(check.latency.count()) / 1e6;
  json["load"] = check.load;
  json["cores"] = check.cores;
  json["memory_bytes"] = check.memory_bytes;
  json["workers"] = check.workers;
  json["slots"] = Json::array();
  for (const NodeSlot& slot : check.slots) {
    json["slots"].push_back({{"name", Text(slot.name)},
                             {"total", slot.total},
                             {"free", slot.free},
                             {"waiting", slot.waiting}});
  }
  json["os"] = Text(check.os);
  json["ip"] = Texts(check.ip_addresses);
  json["python"] = Text(check.python);
  json["version"] = Text(check.version);
  json["pid"] = check.pid;
  json["running"] = check.running;
  json["executions"] = Json::array();
  for (const RunningExecution& execution : check.executions) {
    const bool runs = !execution.queued && !execution.stopping;
    json["executions"].push_back(
        {{"id", Text(execution.id)},
         {"state", runs ? "running" : (execution.stopping ? "stopping" : "queued")},
         {"age_s", std::chrono::duration<double>(execution.age).count()},
         {"command", Text(execution.command)}});
  }
  return json;
}

bool MatchesSearch(const NodeCheck& check, absl::string_view words, const HookFields& fields) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : FactsOf(check, fields)) {
    if (IsOfTheMoment(name)) continue;
    texts.push_back(absl::AsciiStrToLower(value));
    // The name of an attribute alone would be found at every node.
    if (absl::StrContains(words, '=')) {
      texts.push_back(absl::AsciiStrToLower(absl::StrCat(name, "=", value)));
    }
  }
  for (const std::string& tag : check.node.tags) {
    texts.push_back(absl::AsciiStrToLower(absl::StrReplaceAll(tag, {{":", "="}})));
  }
  const std::string lower = absl::AsciiStrToLower(words);
  for (absl::string_view word : absl::StrSplit(lower, ',', absl::SkipEmpty())) {
    for (const std::string& text : texts) {
      if (absl::StrContains(text, word)) return true;
    }
  }
  return false;
}

}  // namespace muster::clustershell
