// FileLock: a lock that processes of this machine share, on a file that stays: it goes with whoever
// holds it, however that ends. Also between threads of one process.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "provision/cluster_repository.h"

namespace muster::provision {

// FailedPrecondition: "process 123 changes WHAT now". Makes the file.
absl::StatusOr<std::unique_ptr<ClusterLock>> LockFile(const std::string& path,
                                                      const std::string& what);

}  // namespace muster::provision
