#include "provision/cluster_repository.h"

namespace muster::provision {

absl::StatusOr<std::shared_ptr<ClusterRepository>> OpenFolderRepository(
    const std::string& /*folder*/) {
  return absl::UnimplementedError("not there yet");
}

}  // namespace muster::provision
