// LocalCluster: the daemons of an embedded cluster and the folder of their sockets. Its end ends
// them and removes the folder. One thread at a time.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "client/cluster_configuration.h"
#include "client/local_daemon.h"

namespace muster {

class LocalCluster {
 public:
  // Starts n1…nN, several at once, and returns when all of them listen.
  static absl::StatusOr<std::unique_ptr<LocalCluster>> Start(int nodes, int workers);
  ~LocalCluster();

  const std::vector<ConfiguredNode>& nodes() const { return nodes_; }
  // Where tags of its nodes are kept as long as it lives.
  std::string tag_path() const { return folder_ + "/tags"; }

 private:
  LocalCluster();
  absl::Status StartAll(const std::string& program, int nodes, int workers);
  absl::Status WaitFor(std::size_t daemon);

  const pid_t owner_;  // a fork of this process must not end what is not its own
  std::string folder_;
  std::vector<LocalDaemon> daemons_;
  std::vector<ConfiguredNode> nodes_;
};

}  // namespace muster
