#include "shell/group_fold.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <set>

#include "common/node_set.h"

namespace muster::clustershell {

GroupFold::GroupFold(std::vector<std::pair<std::string, std::vector<std::string>>> groups)
    : groups_(std::move(groups)) {
  std::erase_if(groups_, [](const auto& group) { return group.second.empty(); });
  std::sort(groups_.begin(), groups_.end(), [](const auto& a, const auto& b) {
    return a.second.size() != b.second.size() ? a.second.size() > b.second.size()
                                              : a.first < b.first;
  });
}

GroupFold GroupFold::Of(const ClusterAPI& cluster, std::string* problem) {
  const Result<std::vector<NodeGroup>> known = cluster.groups();
  if (!known.ok()) {
    *problem = known.status().message();
    return {};
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const NodeGroup& group : *known) {
    const Result<std::vector<Node>> nodes = cluster.nodes(Target("@" + group.name));
    if (!nodes.ok()) continue;
    auto& names = groups.emplace_back(group.name, std::vector<std::string>()).second;
    for (const Node& node : *nodes) names.push_back(node.name);
  }
  return GroupFold(std::move(groups));
}

std::string GroupFold::Fold(const std::vector<std::string>& nodes) const {
  std::set<std::string> rest(nodes.begin(), nodes.end());
  std::string text;
  for (const auto& [name, members] : groups_) {
    const bool is_whole = std::all_of(members.begin(), members.end(), [&](const std::string& node) {
      return rest.count(node) != 0;
    });
    if (!is_whole) continue;
    for (const std::string& node : members) rest.erase(node);
    absl::StrAppend(&text, text.empty() ? "@" : ",@", name);
  }
  if (rest.empty() && !text.empty()) return text;
  return absl::StrCat(text, text.empty() ? "" : ",",
                      muster::Fold(std::vector<std::string>(rest.begin(), rest.end())));
}

}  // namespace muster::clustershell
