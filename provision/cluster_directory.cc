#include "provision/cluster_directory.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "common/status_macros.h"
#include "provision/node_health.h"
#include "provision/node_names.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

absl::StatusOr<std::string> FolderOfClusters() {
  ASSIGN_OR_RETURN(const std::string state, StateFolder());
  return state + "/clusters";
}

// What a client says of a node that does not run; empty: it runs.
std::string StateFor(const NodeRecord& node) {
  if (node.state == NodeState::kRunning) return "";
  return node.state == NodeState::kDefined ? "stopped" : NameOf(node.state);
}

}  // namespace

absl::Status Publish(const ClusterRecord& cluster) {
  RETURN_IF_ERROR(CheckClusterName(cluster.name));
  std::string nodes;
  std::string sections;
  for (const NodeRecord& node : cluster.nodes) {
    const std::string address = ClientAddress(node);
    if (address.empty()) continue;
    absl::StrAppend(&nodes, nodes.empty() ? "nodes = " : ",\n        ", node.name, "=", address);
    absl::StrAppend(&sections, "\n[node ", node.name, "]\ntags = kind:", node.kind, "\n");
    const std::string state = StateFor(node);
    if (!state.empty()) absl::StrAppend(&sections, "state = ", state, "\n");
  }
  if (nodes.empty()) return Withdraw(cluster.name);
  ASSIGN_OR_RETURN(const std::string folder, FolderOfClusters());
  RETURN_IF_ERROR(MakeFolders(folder));
  return ReplaceFile(absl::StrCat(folder, "/", cluster.name, ".conf"),
                     absl::StrCat("# Written by Muster, and removed when the cluster is deleted.\n"
                                  "[cluster ",
                                  cluster.name, "]\n", nodes, "\n", sections));
}

absl::Status Withdraw(const std::string& cluster) {
  RETURN_IF_ERROR(CheckClusterName(cluster));
  ASSIGN_OR_RETURN(const std::string folder, FolderOfClusters());
  const std::string path = absl::StrCat(folder, "/", cluster, ".conf");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return absl::UnavailableError(absl::StrCat("cannot remove ", path, ": ", ::strerror(errno)));
  }
  ::rmdir(folder.c_str());  // when it was the last one
  return absl::OkStatus();
}

std::vector<std::string> PublishedClusters() {
  std::vector<std::string> names;
  const absl::StatusOr<std::string> folder = FolderOfClusters();
  if (!folder.ok()) return names;
  std::error_code error;
  const std::filesystem::directory_iterator files(*folder, error);
  if (error) return names;
  for (auto file = begin(files); !error && file != end(files); file.increment(error)) {
    const std::filesystem::path& path = file->path();
    if (path.extension() == ".conf" && CheckClusterName(path.stem().string()).ok()) {
      names.push_back(path.stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace muster::provision
