#include "provision/cluster_directory.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
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

std::string IdLine(const ClusterRecord& cluster) { return absl::StrCat("# id ", cluster.id, "\n"); }

// Whether the file is of a cluster of the same name that is kept elsewhere.
bool IsOfAnother(const ClusterRecord& cluster, const std::string& folder) {
  const absl::StatusOr<std::string> text =
      ReadFile(absl::StrCat(folder, "/", cluster.name, ".conf"));
  return text.ok() && !absl::StrContains(*text, IdLine(cluster));
}

absl::Status AlreadyThere(const ClusterRecord& cluster) {
  return absl::AlreadyExistsError(absl::StrCat("clients see another cluster ", cluster.name,
                                               ", which is kept elsewhere; this one is not shown"));
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
  if (nodes.empty()) return Withdraw(cluster);
  ASSIGN_OR_RETURN(const std::string folder, FolderOfClusters());
  if (IsOfAnother(cluster, folder)) return AlreadyThere(cluster);
  RETURN_IF_ERROR(MakeFolders(folder));
  return ReplaceFile(
      absl::StrCat(folder, "/", cluster.name, ".conf"),
      absl::StrCat("# Written by Muster, and removed when the cluster is deleted.\n",
                   IdLine(cluster), "[cluster ", cluster.name, "]\n", nodes, "\n", sections));
}

absl::Status Withdraw(const ClusterRecord& cluster) {
  ASSIGN_OR_RETURN(const std::string folder, FolderOfClusters());
  return IsOfAnother(cluster, folder) ? absl::OkStatus() : Withdraw(cluster.name);
}

absl::Status Withdraw(const std::string& cluster) {
  RETURN_IF_ERROR(CheckClusterName(cluster));
  ASSIGN_OR_RETURN(const std::string folder, FolderOfClusters());
  RETURN_IF_ERROR(RemoveFile(absl::StrCat(folder, "/", cluster, ".conf")));
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
