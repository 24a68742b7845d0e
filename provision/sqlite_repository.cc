#include "provision/cluster_repository.h"

namespace muster::provision {

absl::StatusOr<std::shared_ptr<ClusterRepository>> OpenSqliteRepository(
    const std::string& /*path*/) {
  return absl::UnimplementedError("not there yet");
}

}  // namespace muster::provision
