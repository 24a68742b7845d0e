#include "provision/node_health.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <chrono>
#include <map>

#include "client/ClusterAPI.h"

namespace muster::provision {
namespace {

constexpr std::chrono::milliseconds kTimeout{5000};

bool HasDaemon(const std::string& address) {
  return absl::StartsWith(address, "unix:") || absl::StartsWith(address, "ssh:");
}

}  // namespace

std::string ClientAddress(const NodeRecord& node) {
  if (node.instance.addresses.empty()) return "";
  const std::string& address = node.instance.addresses.front();
  if (HasDaemon(address)) return address;
  return absl::StrCat("ssh:", node.image_user.empty() ? "" : node.image_user + "@", address);
}

std::vector<absl::Status> CheckHealth(const std::vector<NodeRecord>& nodes) {
  std::vector<absl::Status> health(nodes.size());
  std::vector<NodeAddress> asked;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::vector<std::string>& addresses = nodes[i].instance.addresses;
    if (addresses.empty()) {
      health[i] = absl::UnavailableError("it has no address yet");
    } else if (HasDaemon(addresses.front())) {
      asked.push_back({nodes[i].name, addresses.front()});
      places.push_back(i);
    }
  }
  if (asked.empty()) return health;
  const Result<ClusterAPI> cluster = ClusterAPI::of(asked, "starting");
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!cluster.ok()) health[places[i]] = absl::UnavailableError(cluster.status().message());
  }
  if (!cluster.ok()) return health;
  const ClusterCheck check = cluster->clustercheck(kTimeout);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!check.nodes[i].functional) {
      health[places[i]] = absl::UnavailableError(check.nodes[i].reason);
    }
  }
  return health;
}

}  // namespace muster::provision
