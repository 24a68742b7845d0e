// ConfiguredNodes: the nodes and groups of Muster's configuration, read when the first is asked
// for. No node is contacted. One thread.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"
#include "common/node_set.h"

namespace muster::nodeset {

class ConfiguredNodes {
 public:
  // `file` and `cluster` as ClusterAPI::connect has them.
  ConfiguredNodes(std::string file, std::string cluster)
      : file_(std::move(file)), cluster_name_(std::move(cluster)) {}

  absl::StatusOr<NodeSet> All();
  // What a group ("@web", "@rack[1-3]") or a glob stands for; that may be nothing.
  absl::StatusOr<NodeSet> Find(const std::string& target);
  // The groups, sorted, and what each is now.
  struct Group {
    std::string name;
    NodeSet nodes;
  };
  absl::StatusOr<std::vector<std::string>> GroupNames();
  absl::StatusOr<std::vector<Group>> Groups();

 private:
  absl::Status Open();

  std::string file_;
  std::string cluster_name_;
  std::optional<ClusterAPI> cluster_;
};

}  // namespace muster::nodeset
