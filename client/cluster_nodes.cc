#include "client/cluster_nodes.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/address.h"
#include "common/node_set.h"
#include "common/status_macros.h"
#include "common/target_evaluation.h"
#include "common/target_expression.h"

namespace muster {
namespace {

using Places = ClusterNodes::Places;

constexpr std::size_t kMostShown = 200;  // bytes of a list of names in a message

std::string FoldShort(const std::vector<Node>& nodes) {
  std::vector<std::string> names;
  names.reserve(nodes.size());
  for (const Node& node : nodes) names.push_back(node.name);
  std::string text = Fold(std::move(names));
  if (text.size() <= kMostShown) return text;
  return absl::StrCat(text.substr(0, text.rfind(',', kMostShown)), ", …");
}

// Of a node of a cluster that comes and goes.
std::vector<std::string> KindsOf(const Node& node) {
  constexpr absl::string_view kKind = "kind:";
  std::vector<std::string> kinds;
  for (const std::string& tag : node.tags) {
    if (absl::StartsWith(tag, kKind)) kinds.push_back(tag.substr(kKind.size()));
  }
  return kinds;
}

AttributeValue ValueOf(AttributeKey key, const Node& node) {
  switch (key) {
    case AttributeKey::kAddress:
      return {{node.address}};
    case AttributeKey::kCluster:
      if (node.member_of.empty()) return {{node.cluster}};
      return {{node.cluster, node.member_of}};
    case AttributeKey::kKind:
      return {KindsOf(node)};
    case AttributeKey::kName:
      return {{node.name}};
    default:
      return {node.tags};
  }
}

AttributeValue ValueOf(AttributeKey key, const NodeCheck& check) {
  switch (key) {
    case AttributeKey::kCores:
      return {{}, static_cast<double>(check.cores)};
    case AttributeKey::kIp:
      return {check.ip_addresses};
    case AttributeKey::kLoad:
      return {{}, check.load};
    case AttributeKey::kMemory:
      return {{}, static_cast<double>(check.memory_bytes)};
    case AttributeKey::kOs:
      return {{check.os}};
    case AttributeKey::kPython:
      return {{check.python}};
    default:
      return {{check.state}};
  }
}

// An index or a name.
bool IsPlain(const Target& target) { return !target.is_text() || IsValidName(target.name()); }

// The nodes for one target: what they answered is kept until it is evaluated. One thread.
class Lookup : public KnownNodes {
 public:
  Lookup(const std::vector<Node>& nodes, const std::unordered_map<std::string, std::size_t>& places,
         const NodeGroups& groups, const ClusterNodes::Ask& ask)
      : nodes_(nodes), places_(places), groups_(groups), ask_(ask) {}

  std::size_t size() const override { return nodes_.size(); }
  const std::string& NameOf(std::size_t place) const override { return nodes_[place].name; }
  std::size_t Find(absl::string_view name) const override {
    const auto found = places_.find(std::string(name));
    return found == places_.end() ? nodes_.size() : found->second;
  }

  absl::StatusOr<std::vector<AttributeValue>> ValuesOf(const Attribute& attribute,
                                                       const Places& places) override {
    std::vector<AttributeValue> values;
    values.reserve(places.size());
    if (attribute.asks_node) RETURN_IF_ERROR(AskThose(places));
    for (const std::size_t place : places) {
      if (!attribute.asks_node) {
        values.push_back(ValueOf(attribute.key, nodes_[place]));
        continue;
      }
      const NodeCheck& check = *checks_[place];
      const bool is_known = check.state == "running" || check.state == "draining";
      if (!is_known && attribute.key != AttributeKey::kState) {
        return absl::UnavailableError(
            absl::StrCat(check.node.name, " does not tell its ", attribute.name, " (", check.reason,
                         "); leave such nodes out first, by &state=running"));
      }
      values.push_back(ValueOf(attribute.key, check));
    }
    return values;
  }

  absl::StatusOr<MarkedText> FindGroup(const std::string& source,
                                       const std::string& name) override {
    return groups_.Find(source, name);
  }
  absl::StatusOr<std::vector<std::string>> GroupNames(const std::string& source) override {
    return groups_.Names(source);
  }

 private:
  absl::Status AskThose(const Places& places) {
    checks_.resize(nodes_.size());
    Places unknown;
    for (const std::size_t place : places) {
      if (!checks_[place]) unknown.push_back(place);
    }
    if (unknown.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::vector<NodeCheck> answers, ask_(unknown));
    for (std::size_t i = 0; i < unknown.size(); ++i) checks_[unknown[i]] = std::move(answers[i]);
    return absl::OkStatus();
  }

  const std::vector<Node>& nodes_;
  const std::unordered_map<std::string, std::size_t>& places_;
  GroupLookup groups_;
  const ClusterNodes::Ask& ask_;
  std::vector<std::optional<NodeCheck>> checks_;
};

}  // namespace

ClusterNodes::ClusterNodes(const ClusterConfiguration& configuration)
    : groups_(configuration.groups) {
  for (const ConfiguredNode& configured : configuration.nodes) {
    places_.emplace(configured.name, nodes_.size());
    Node node;
    node.index = static_cast<int>(nodes_.size()) + 1;
    node.name = configured.name;
    node.address = configured.address.ToString();
    node.login_user = configured.login_user;
    node.state = configured.state;
    node.keyfile = configured.keyfile;
    node.cluster = configuration.name;
    node.member_of = configured.member_of;
    node.tags = configured.tags;
    for (const std::string& tag : configured.given_tags) {
      if (std::find(node.tags.begin(), node.tags.end(), tag) != node.tags.end()) continue;
      node.tags.push_back(tag);
      node.given_tags.push_back(tag);
    }
    nodes_.push_back(std::move(node));
  }
}

std::string ClusterNodes::NameList() const { return FoldShort(nodes_); }

absl::StatusOr<std::size_t> ClusterNodes::FindPlain(const Target& target) const {
  return target.is_text() ? FindName(target.name()) : FindIndex(target.index());
}

absl::StatusOr<std::size_t> ClusterNodes::FindIndex(int index) const {
  if (index >= 1 && static_cast<std::size_t>(index) <= nodes_.size()) {
    return static_cast<std::size_t>(index) - 1;
  }
  if (nodes_.size() == 1) {
    return absl::NotFoundError(
        absl::StrCat("there is no server ", index, ": the only server is 1 (", NameList(), ")"));
  }
  return absl::NotFoundError(absl::StrCat("there is no server ", index, ": servers are 1 to ",
                                          nodes_.size(), " (", NameList(), ")"));
}

absl::StatusOr<std::size_t> ClusterNodes::FindName(const std::string& name) const {
  const auto found = places_.find(name);
  if (found != places_.end()) return found->second;
  return absl::NotFoundError(
      absl::StrCat("there is no node \"", name, "\": nodes are ", NameList()));
}

absl::StatusOr<Places> ClusterNodes::Find(const Target& target, const Ask& ask) const {
  if (IsPlain(target)) {
    const absl::StatusOr<std::size_t> place = FindPlain(target);
    if (place.ok()) return Places{*place};
    if (!target.is_text()) return place.status();
  }
  ASSIGN_OR_RETURN(const TargetExpression expression,
                   TargetExpression::Parse(MarkedText("target", target.name())));
  Lookup lookup(nodes_, places_, groups_, ask);
  return EvaluateTarget(expression, lookup);
}

absl::StatusOr<std::size_t> ClusterNodes::FindOne(const Target& target, const Ask& ask) const {
  if (IsPlain(target)) return FindPlain(target);  // the path of most calls: it allocates nothing
  ASSIGN_OR_RETURN(const Places places, Find(target, ask));
  if (places.size() == 1) return places.front();
  std::vector<Node> meant;
  meant.reserve(places.size());
  for (const std::size_t place : places) meant.push_back(nodes_[place]);
  return absl::InvalidArgumentError(absl::StrCat(
      "the target '", target.name(), "' means ", places.size(), " nodes, ", FoldShort(meant),
      ", where one is needed; "
      "execute_all(), or a list of targets, takes several"));
}

absl::StatusOr<std::vector<NodeGroup>> ClusterNodes::Groups() const {
  GroupLookup lookup(groups_);
  ASSIGN_OR_RETURN(const GroupDefinitions all, lookup.All());
  std::vector<NodeGroup> groups;
  for (const auto& [name, group] : all) groups.push_back({name, group.target, group.origin});
  return groups;
}

}  // namespace muster
