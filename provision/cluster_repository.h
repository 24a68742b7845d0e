// ClusterRepository: where the records of clusters are kept. All methods may be called by several
// threads; several processes may use the same store at the same time.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

// Held while somebody changes a cluster: a second one is told who does.
class ClusterLock {
 public:
  virtual ~ClusterLock() = default;
};

class ClusterRepository {
 public:
  virtual ~ClusterRepository() = default;

  // Returns when it would survive the end of this process, and of the machine where the store can.
  virtual absl::Status Save(const ClusterRecord& cluster) = 0;
  // The same of one node of a cluster that was saved.
  virtual absl::Status SaveNode(const ClusterRecord& cluster, const NodeRecord& node) = 0;
  // NotFound: there is none of this name; it lists those that are.
  virtual absl::StatusOr<ClusterRecord> Get(const std::string& name) = 0;
  virtual absl::StatusOr<std::vector<ClusterRecord>> GetAll() = 0;
  // Of one that is not there: ok.
  virtual absl::Status Delete(const std::string& name) = 0;
  // FailedPrecondition: another process or thread changes this cluster now; which.
  virtual absl::StatusOr<std::unique_ptr<ClusterLock>> Lock(const std::string& name) = 0;
  // For messages: "the clusters of ~/.local/state/muster/clusters.db".
  virtual std::string description() const = 0;
};

// Gone with the process.
std::shared_ptr<ClusterRepository> MakeMemoryRepository();
// clusters.db in $XDG_STATE_HOME/muster, or at the path; made when it is missing.
// FailedPrecondition: a network file system, or the schema of a newer version.
absl::StatusOr<std::shared_ptr<ClusterRepository>> OpenSqliteRepository(
    const std::string& path = "");
// One file NAME.json for each cluster in the folder, which is made; each replaced as a whole.
absl::StatusOr<std::shared_ptr<ClusterRepository>> OpenFolderRepository(const std::string& folder);

}  // namespace muster::provision
