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

// Takes the names that both have out of both.
std::vector<std::string> TakeCommon(std::vector<std::string>& a, std::vector<std::string>& b) {
  std::vector<std::string> common;
  for (const std::string& name : a) {
    if (std::find(b.begin(), b.end(), name) != b.end()) common.push_back(name);
  }
  for (const std::string& name : common) {
    a.erase(std::find(a.begin(), a.end(), name));
    b.erase(std::find(b.begin(), b.end(), name));
  }
  return common;
}

bool IsSameList(const std::vector<Node>& a, const std::vector<Node>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Node& x, const Node& y) { return KeyOf(x) == KeyOf(y); });
}

}  // namespace

std::string DifferenceOf(const std::vector<Node>& before, const std::vector<Node>& now) {
  if (IsSameList(before, now)) return "";
  std::vector<std::string> gone = Missing(before, KeysOf(now));
  std::vector<std::string> fresh = Missing(now, KeysOf(before));
  const std::vector<std::string> moved = TakeCommon(gone, fresh);
  std::vector<std::string> parts;
  if (!moved.empty()) {
    parts.push_back(
        absl::StrCat(Fold(moved), moved.size() == 1 ? " has" : " have", " another address"));
  }
  if (!gone.empty())
    parts.push_back(absl::StrCat(Fold(gone), gone.size() == 1 ? " is" : " are", " gone"));
  if (!fresh.empty())
    parts.push_back(absl::StrCat(Fold(fresh), fresh.size() == 1 ? " is" : " are", " new"));
  return parts.empty() ? "their order is another" : absl::StrJoin(parts, ", ");
}

ClusterView::ClusterView(ClusterAPI cluster)
    : cluster_(std::move(cluster)), shown_(cluster_.handle()), home_(cluster_.handle()) {}

std::string ClusterView::ClusterName() const {
  return nodes().empty() ? "" : nodes().front().cluster;
}

Result<ClusterView::News> ClusterView::Refresh() {
  const std::string before = ClusterName();
  Result<ClusterAPI> now = cluster_.refreshed();
  if (!now.ok()) {
    const bool is_gone = now.status().code() == StatusCode::kNotFound && !kept_;
    return is_gone ? GiveWay(before) : now.status();
  }
  News news;
  const bool is_first = before.empty() && !now->nodes().empty();
  if (!is_first) news.difference = DifferenceOf(cluster_.nodes(), now->nodes());
  cluster_ = *std::move(now);
  if (!kept_ && other_.empty()) home_ = cluster_.handle();
  if (is_first) {
    shown_ = cluster_.handle();
    news.turned_to = ClusterName();
  }
  return news;
}

Result<ClusterView::News> ClusterView::GiveWay(const std::string& gone) {
  Result<ClusterAPI> instead = other_.empty() ? cluster_.sibling("") : home_.refreshed();
  if (!instead.ok()) return instead.status();
  News news;
  news.difference = gone + " is gone";
  cluster_ = *std::move(instead);
  home_ = cluster_.handle();
  other_.clear();
  ForgetUse();
  news.turned_to = ClusterName();
  return news;
}

bool ClusterView::AreNumbersOld() const { return !IsSameList(shown_.nodes(), cluster_.nodes()); }

void ClusterView::RememberTable() {
  shown_ = cluster_.handle();
  is_table_of_other_ = kept_.has_value();
}

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
  const bool is_home = !home_.nodes().empty() && cluster == home_.nodes().front().cluster;
  Result<ClusterAPI> other = is_home ? home_.refreshed() : cluster_.sibling(cluster);
  if (!other.ok()) return other.status();
  cluster_ = *std::move(other);
  ForgetUse();
  other_ = is_home ? "" : cluster;
  return cluster;
}

Status ClusterView::TurnTo(const std::string& cluster) {
  Result<ClusterAPI> other = cluster_.sibling(cluster);
  if (!other.ok()) return other.status();
  if (!kept_) kept_ = Kept{std::move(cluster_), used_, used_nodes_};
  cluster_ = *std::move(other);
  ForgetUse();
  return {};
}

void ClusterView::EndLine() {
  if (!kept_) return;
  cluster_ = std::move(kept_->cluster);
  used_ = std::move(kept_->used);
  used_nodes_ = std::move(kept_->used_nodes);
  kept_.reset();
}

std::vector<std::string> ClusterView::OtherClusters() const {
  std::vector<std::string> others;
  for (const std::string& name : cluster_.clusters()) {
    if (name != ClusterName()) others.push_back(name);
  }
  return others;
}

Status ClusterView::UseAll() {
  ForgetUse();
  if (other_.empty()) return {};
  Result<ClusterAPI> home = home_.refreshed();
  if (!home.ok()) return home.status();
  cluster_ = *std::move(home);
  other_.clear();
  return {};
}

void ClusterView::ForgetUse() {
  if (!kept_) is_table_of_other_ = false;
  used_.clear();
  used_nodes_.clear();
}

bool ClusterView::IsUsed(const Node& node) const {
  // A whole cluster is what it is at the moment.
  return used_.empty() || used_ == node.cluster ||
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
