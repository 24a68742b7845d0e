// ClusterNodes: the nodes and groups of one cluster, and which of them a target means. It sends
// nothing: whoever uses it says how nodes are asked. Immutable, so thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/ClusterAPI.h"
#include "client/cluster_configuration.h"
#include "client/node_groups.h"

namespace muster {

class ClusterNodes {
 public:
  using Places = std::vector<std::size_t>;
  // Asks the nodes at these places, one answer each. An error: nobody can be asked now.
  using Ask = std::function<absl::StatusOr<std::vector<NodeCheck>>(const Places&)>;

  explicit ClusterNodes(const ClusterConfiguration& configuration);

  const std::vector<Node>& nodes() const { return nodes_; }
  // From 0, in the target's order, each once; at least one. Errors as ClusterAPI::nodes() has them.
  absl::StatusOr<Places> Find(const Target& target, const Ask& ask) const;
  // The one node of a target; InvalidArgument, too: it means several.
  absl::StatusOr<std::size_t> FindOne(const Target& target, const Ask& ask) const;
  absl::StatusOr<std::vector<NodeGroup>> Groups() const;

 private:
  absl::StatusOr<std::size_t> FindPlain(const Target& target) const;
  absl::StatusOr<std::size_t> FindIndex(int index) const;
  absl::StatusOr<std::size_t> FindName(const std::string& name) const;
  std::string NameList() const;

  std::vector<Node> nodes_;
  std::unordered_map<std::string, std::size_t> places_;  // by name
  NodeGroups groups_;
};

}  // namespace muster
