#include "provision/cloud_provider.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_split.h>

#include <random>

namespace muster::provision {

std::string NewId() {
  std::random_device random;
  return absl::StrFormat("%08x", random());
}

std::string NewLabel(const ClusterRecord& cluster, const std::string& node) {
  return absl::StrCat(cluster.owner, "/", cluster.name, "/", node, "/", cluster.id, NewId());
}

bool IsLabelOf(const ClusterRecord& cluster, const std::string& label) {
  const absl::StatusOr<LabelParts> parts = SplitLabel(label);
  return parts.ok() && parts->owner == cluster.owner && parts->cluster == cluster.name &&
         absl::StartsWith(label.substr(label.rfind('/') + 1), cluster.id);
}

absl::StatusOr<LabelParts> SplitLabel(const std::string& label) {
  const std::vector<std::string> parts = absl::StrSplit(label, '/');
  if (parts.size() != 4 || parts[0].empty() || parts[1].empty() || parts[2].empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", label, "' is no label of an instance: OWNER/CLUSTER/NODE/RANDOM"));
  }
  return LabelParts{parts[0], parts[1], parts[2]};
}

}  // namespace muster::provision
