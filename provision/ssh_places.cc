#include "provision/ssh_places.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

namespace muster::provision {

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
  for (const std::string& host : hosts_) {
    if (const auto one = used.find(host); one != used.end()) {
      used.erase(one);
    } else if (without.count(host) == 0) {
      taken_[order.node.label] = host;
      return host;
    }
  }
  return std::nullopt;
}

void SshPlaces::Free(const std::string& label) {
  const MutexLock lock(mutex_);
  taken_.erase(label);
}

}  // namespace muster::provision
