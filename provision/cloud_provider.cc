#include "provision/cloud_provider.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_split.h>

#include <cstdint>
#include <random>

namespace muster::provision {

std::string NewLabel(const std::string& owner, const std::string& cluster,
                     const std::string& node) {
  std::random_device random;
  const std::uint64_t number = (static_cast<std::uint64_t>(random()) << 32) | random();
  return absl::StrCat(owner, "/", cluster, "/", node, "/", absl::StrFormat("%016x", number));
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
