#include "provision/record_json.h"

#include <absl/strings/str_cat.h>

#include <nlohmann/json.hpp>

#include "common/status_macros.h"
#include "provision/record_check.h"

namespace muster::provision {
namespace {

using nlohmann::ordered_json;

constexpr int kVersion = 1;

ordered_json FromSettings(const Settings& settings) {
  ordered_json object = ordered_json::object();
  for (const auto& [name, value] : settings) object[name] = value;
  return object;
}

ordered_json FromNode(const NodeRecord& node) {
  return {
      {"name", node.name},
      {"kind", node.kind},
      {"state", NameOf(node.state)},
      {"label", node.label},
      {"instance",
       {{"id", node.instance.id},
        {"addresses", node.instance.addresses},
        {"facts", FromSettings(node.instance.facts)}}},
      {"paused", node.paused},
      {"last_error", node.last_error},
      {"changed", node.changed},
      {"image_id", node.image_id},
      {"image_user", node.image_user},
      {"flavor", node.flavor},
      {"security_group", node.security_group},
      {"image_userdata", node.image_userdata},
      {"extra", FromSettings(node.extra)},
  };
}

ordered_json FromProvider(const ProviderRecord& provider) {
  return {{"type", provider.type}, {"settings", FromSettings(provider.settings)}};
}

// Throws what nlohmann does; the two doors below catch it.
Settings ToSettings(const ordered_json& object) {
  return object.is_null() ? Settings() : object.get<Settings>();
}

template <typename T>
T Or(const ordered_json& object, const char* key, T otherwise) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? otherwise : found->get<T>();
}

ordered_json Child(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? ordered_json::object() : *found;
}

NodeRecord ToNode(const ordered_json& object) {
  NodeRecord node;
  node.name = object.at("name").get<std::string>();
  node.kind = object.at("kind").get<std::string>();
  const std::string state = Or<std::string>(object, "state", "defined");
  node.state = NodeStateOf(state).value_or(NodeState::kFailed);
  node.label = Or<std::string>(object, "label", "");
  const ordered_json instance = Child(object, "instance");
  node.instance.id = Or<std::string>(instance, "id", "");
  node.instance.addresses = Or<std::vector<std::string>>(instance, "addresses", {});
  node.instance.facts = ToSettings(Child(instance, "facts"));
  node.paused = Or<std::string>(object, "paused", "");
  node.last_error = Or<std::string>(object, "last_error", "");
  node.changed = Or<std::int64_t>(object, "changed", 0);
  node.image_id = Or<std::string>(object, "image_id", "");
  node.image_user = Or<std::string>(object, "image_user", "");
  node.flavor = Or<std::string>(object, "flavor", "");
  node.security_group = Or<std::string>(object, "security_group", "");
  node.image_userdata = Or<std::string>(object, "image_userdata", "");
  node.extra = ToSettings(Child(object, "extra"));
  return node;
}

ProviderRecord ToProvider(const ordered_json& object) {
  return {Or<std::string>(object, "type", ""), ToSettings(Child(object, "settings"))};
}

ClusterRecord ToCluster(const ordered_json& object) {
  ClusterRecord cluster;
  cluster.name = object.at("name").get<std::string>();
  cluster.id = Or<std::string>(object, "id", "");
  cluster.owner = Or<std::string>(object, "owner", "");
  cluster.template_name = Or<std::string>(object, "template", "");
  cluster.provider = ToProvider(Child(object, "provider"));
  cluster.setup = ToProvider(Child(object, "setup"));
  cluster.groups = Or<std::map<std::string, std::vector<std::string>>>(object, "groups", {});
  cluster.min_nodes = Or<std::map<std::string, int>>(object, "min_nodes", {});
  cluster.key_name = Or<std::string>(object, "key_name", "");
  cluster.key_public = Or<std::string>(object, "key_public", "");
  cluster.key_private = Or<std::string>(object, "key_private", "");
  cluster.start_timeout = Or<int>(object, "start_timeout", cluster.start_timeout);
  cluster.keeps_on_timeout = Or<bool>(object, "keeps_on_timeout", false);
  cluster.set_up = Or<std::string>(object, "set_up", "");
  cluster.extra = ToSettings(Child(object, "extra"));
  cluster.receipts = ToSettings(Child(object, "receipts"));
  for (const ordered_json& node : Child(object, "nodes")) cluster.nodes.push_back(ToNode(node));
  return cluster;
}

// "key 'name' not found", without the tag of the library in front.
std::string Words(const nlohmann::json::exception& error) {
  const absl::string_view text = error.what();
  const std::size_t end = text.find("] ");
  return std::string(end == absl::string_view::npos ? text : text.substr(end + 2));
}

template <typename T>
absl::StatusOr<T> Parse(const std::string& text, T (*read)(const ordered_json&)) {
  RETURN_IF_ERROR(CheckNesting(text));
  try {
    const ordered_json object = ordered_json::parse(text);
    if (const int version = Or<int>(object, "version", kVersion); version > kVersion) {
      return absl::FailedPreconditionError(absl::StrCat("the record is of version ", version,
                                                        ", and this Muster reads up to ", kVersion,
                                                        "; use the newer Muster that wrote it"));
    }
    return read(object);
  } catch (const nlohmann::json::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is no record of a cluster: no JSON, from byte ", error.byte, " on"));
  } catch (const nlohmann::json::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is no record of a cluster: JSON, but ", Words(error)));
  }
}

// User data may hold anything; a text that is no UTF-8 must not end the process.
std::string Dump(const ordered_json& object, int indent) {
  return object.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string ToJson(const NodeRecord& node) { return Dump(FromNode(node), -1); }

std::string ToJson(const ClusterRecord& cluster, int indent) {
  ordered_json nodes = ordered_json::array();
  for (const NodeRecord& node : cluster.nodes) nodes.push_back(FromNode(node));
  return Dump(
      {
          {"version", kVersion},
          {"name", cluster.name},
          {"id", cluster.id},
          {"owner", cluster.owner},
          {"template", cluster.template_name},
          {"provider", FromProvider(cluster.provider)},
          {"setup", FromProvider(cluster.setup)},
          {"groups", cluster.groups},
          {"min_nodes", cluster.min_nodes},
          {"key_name", cluster.key_name},
          {"key_public", cluster.key_public},
          {"key_private", cluster.key_private},
          {"start_timeout", cluster.start_timeout},
          {"keeps_on_timeout", cluster.keeps_on_timeout},
          {"set_up", cluster.set_up},
          {"extra", FromSettings(cluster.extra)},
          {"receipts", FromSettings(cluster.receipts)},
          {"nodes", std::move(nodes)},
      },
      indent);
}

absl::StatusOr<ClusterRecord> ClusterFromJson(const std::string& text) {
  ASSIGN_OR_RETURN(ClusterRecord cluster, Parse(text, &ToCluster));
  RETURN_IF_ERROR(CheckRecord(cluster));
  return cluster;
}

absl::StatusOr<NodeRecord> NodeFromJson(const std::string& text) { return Parse(text, &ToNode); }

}  // namespace muster::provision
