#include "provision/ssh_places.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

namespace muster::provision {
namespace {

// Where the node stands among those of its cluster.
std::size_t PlaceOf(const ClusterRecord& cluster, const std::string& node) {
  std::size_t place = 0;
  while (place < cluster.nodes.size() && cluster.nodes[place].name != node) ++place;
  return place;
}

}  // namespace

std::optional<std::string> SshPlaces::Take(const StartOrder& order,
                                           const std::set<std::string>& without) {
  const MutexLock lock(mutex_);
  // What the record tells of nodes that were started before, and what we know that it does not yet.
  std::map<std::string, std::string> taken;
  const std::string prefix = absl::StrCat(order.cluster->owner, "/", order.cluster->name, "/");
  for (const auto& [label, host] : taken_) {
    if (absl::StartsWith(label, prefix)) taken[label] = host;
  }
  for (const NodeRecord& node : order.cluster->nodes) {
    const auto host = node.instance.facts.find("host");
    if (node.name == order.node.name || node.instance.id.empty()) continue;
    if (host != node.instance.facts.end()) taken[node.label] = host->second;
  }
  taken.erase(order.node.label);
  std::multiset<std::string> used;
  for (const auto& [label, host] : taken) used.insert(host);
  std::vector<bool> is_free;
  for (const std::string& host : hosts_) {
    const auto one = used.find(host);
    is_free.push_back(one == used.end() && without.count(host) == 0);
    if (one != used.end()) used.erase(one);
  }
  // The first node has the first host, as long as nothing speaks against it.
  const std::size_t first = PlaceOf(*order.cluster, order.node.name);
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const std::size_t place = (first + i) % hosts_.size();
    if (!is_free[place]) continue;
    taken_[order.node.label] = hosts_[place];
    return hosts_[place];
  }
  return std::nullopt;
}

void SshPlaces::Free(const std::string& label) {
  const MutexLock lock(mutex_);
  taken_.erase(label);
}

}  // namespace muster::provision
