// ClusterFile: the current cluster, with tags and groups, as a configuration file of its own, for a
// program that we start: its MUSTER_CONFIG. Removed when it goes. Movable; one thread.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

class ClusterFile {
 public:
  // A file with mode 0600 in a new folder with mode 0700 in $XDG_RUNTIME_DIR, else in /tmp.
  // Unavailable: it cannot be written, with the path and the reason.
  static absl::StatusOr<ClusterFile> Write(const std::vector<Node>& nodes,
                                           const std::vector<NodeGroup>& groups);

  ClusterFile(ClusterFile&& other) noexcept;
  ClusterFile& operator=(ClusterFile&&) = delete;
  ~ClusterFile();

  std::string path() const;

 private:
  explicit ClusterFile(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;  // empty: moved from
};

}  // namespace muster::clustershell
