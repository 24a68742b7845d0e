#include "shell/cluster_view.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <set>

#include "common/node_set.h"

namespace muster::clustershell {
namespace {

using Key = std::pair<std::string, std::string>;

Key KeyOf(const Node& node) { return {node.name, node.address}; }

std::set<Key> KeysOf(const std::vector<Node>& nodes) {
  std::set<Key> keys;
  for (const Node& node : nodes) keys.insert(KeyOf(node));
  return keys;
}

std::vector<std::string> Missing(const std::vector<Node>& nodes, const std::set<Key>& in) {
  std::vector<std::string> names;
  for (const Node& node : nodes) {
    if (in.count(KeyOf(node)) == 0) names.push_back(node.name);
  }
  return names;
}

bool IsSameList(const std::vector<Node>& a, const std::vector<Node>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Node& x, const Node& y) { return KeyOf(x) == KeyOf(y); });
}

}  // namespace

std::string DifferenceOf(const std::vector<Node>& before, const std::vector<Node>& now) {
  if (IsSameList(before, now)) return "";
  const std::vector<std::string> gone = Missing(before, KeysOf(now));
  const std::vector<std::string> fresh = Missing(now, KeysOf(before));
  std::vector<std::string> parts;
  if (!gone.empty())
    parts.push_back(absl::StrCat(Fold(gone), gone.size() == 1 ? " is" : " are", " gone"));
  if (!fresh.empty())
    parts.push_back(absl::StrCat(Fold(fresh), fresh.size() == 1 ? " is" : " are", " new"));
  return parts.empty() ? "their order is another" : absl::StrJoin(parts, ", ");
}

ClusterView::ClusterView(ClusterAPI cluster)
    : cluster_(std::move(cluster)),
      shown_(cluster_.handle()),
      home_(cluster_.nodes().empty() ? "" : cluster_.nodes().front().cluster) {}

Result<std::string> ClusterView::Refresh() {
  Result<ClusterAPI> now = cluster_.refreshed();
  if (!now.ok()) return now.status();
  std::string difference = DifferenceOf(cluster_.nodes(), now->nodes());
  cluster_ = *std::move(now);
  return difference;
}

bool ClusterView::AreNumbersOld() const { return !IsSameList(shown_.nodes(), cluster_.nodes()); }

void ClusterView::RememberTable() { shown_ = cluster_.handle(); }

const Node* ClusterView::Find(const Node& shown) const {
  for (const Node& node : nodes()) {
    if (KeyOf(node) == KeyOf(shown)) return &node;
  }
  return nullptr;
}

void ClusterView::Use(std::string name, const std::vector<Node>& nodes) {
  used_ = std::move(name);
  used_nodes_.clear();
  for (const Node& node : nodes) used_nodes_.push_back(KeyOf(node));
}

Result<std::string> ClusterView::Switch(const std::string& cluster) {
  Result<ClusterAPI> other = cluster_.sibling(cluster);
  if (!other.ok()) return other.status();
  cluster_ = *std::move(other);
  ForgetUse();
  other_ = cluster == home_ ? "" : cluster;
  return cluster;
}

Status ClusterView::UseAll() {
  ForgetUse();
  if (other_.empty()) return {};
  return Switch(home_).status();
}

void ClusterView::ForgetUse() {
  used_.clear();
  used_nodes_.clear();
}

bool ClusterView::IsUsed(const Node& node) const {
  return used_.empty() ||
         std::find(used_nodes_.begin(), used_nodes_.end(), KeyOf(node)) != used_nodes_.end();
}

std::vector<Node> ClusterView::UsedNodes() const {
  std::vector<Node> used;
  for (const Node& node : nodes()) {
    if (IsUsed(node)) used.push_back(node);
  }
  return used;
}

std::vector<std::string> ClusterView::ClusterNames() const {
  std::set<std::string> names(cluster_.clusters().begin(), cluster_.clusters().end());
  for (const Node& node : nodes()) {
    names.insert(node.cluster);
    if (!node.member_of.empty()) names.insert(node.member_of);
  }
  return {names.begin(), names.end()};
}

}  // namespace muster::clustershell
