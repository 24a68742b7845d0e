#include "shell/nodeset/configured_nodes.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "common/status_macros.h"

namespace muster::nodeset {
namespace {

absl::Status ToAbseil(const Status& status) {
  return {status.code() == StatusCode::kNotFound ? absl::StatusCode::kNotFound
                                                 : absl::StatusCode::kInvalidArgument,
          status.message()};
}

NodeSet NamesOf(const std::vector<Node>& nodes) {
  std::vector<std::string> names;
  names.reserve(nodes.size());
  for (const Node& node : nodes) names.push_back(node.name);
  return NodeSet(std::move(names));
}

}  // namespace

absl::Status ConfiguredNodes::Open() {
  if (cluster_) return absl::OkStatus();
  Result<ClusterAPI> cluster = ClusterAPI::connect(cluster_name_, file_);
  if (!cluster.ok()) return ToAbseil(cluster.status());
  cluster_ = std::move(cluster).value();
  return absl::OkStatus();
}

absl::StatusOr<NodeSet> ConfiguredNodes::All() {
  RETURN_IF_ERROR(Open());
  return NamesOf(cluster_->nodes());
}

absl::StatusOr<NodeSet> ConfiguredNodes::Find(const std::string& target) {
  RETURN_IF_ERROR(Open());
  const Result<std::vector<Node>> nodes = cluster_->nodes(target);
  if (nodes.ok()) return NamesOf(*nodes);
  if (nodes.status().code() == StatusCode::kNotFound) {
    // A target has to mean a node; behind a ! a group may be empty.
    const Result<std::vector<Node>> others = cluster_->nodes(absl::StrCat("*!", target));
    if (others.ok() && others->size() == cluster_->nodes().size()) return NodeSet();
  }
  return ToAbseil(nodes.status());
}

absl::StatusOr<std::vector<std::string>> ConfiguredNodes::GroupNames() {
  RETURN_IF_ERROR(Open());
  const Result<std::vector<NodeGroup>> groups = cluster_->groups();
  if (!groups.ok()) return ToAbseil(groups.status());
  std::vector<std::string> names;
  for (const NodeGroup& group : *groups) names.push_back(group.name);
  return names;
}

absl::StatusOr<std::vector<ConfiguredNodes::Group>> ConfiguredNodes::Groups() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, GroupNames());
  std::vector<Group> groups;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(NodeSet nodes, Find(absl::StrCat("@", name)));
    groups.push_back({name, std::move(nodes)});
  }
  return groups;
}

}  // namespace muster::nodeset
