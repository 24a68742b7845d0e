#include "provision/cluster_directory.h"

namespace muster::provision {

absl::Status Publish(const ClusterRecord& /*cluster*/) { return absl::OkStatus(); }
absl::Status Withdraw(const std::string& /*cluster*/) { return absl::OkStatus(); }

}  // namespace muster::provision
