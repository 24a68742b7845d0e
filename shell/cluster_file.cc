#include "shell/cluster_file.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/address.h"
#include "common/unique_fd.h"

namespace muster::clustershell {
namespace {

absl::Status WriteNewFile(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.IsOpen() &&
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("cannot write the cluster's nodes to ", path, ": ", ::strerror(errno)));
}

std::string NodesText(const std::vector<Node>& nodes) {
  if (nodes.empty()) return "";
  const std::string list = absl::StrJoin(nodes, ", ", [](std::string* out, const Node& node) {
    absl::StrAppend(out, node.name, "=", node.address);
  });
  std::string text = absl::StrCat("[cluster ", nodes.front().cluster, "]\nnodes = ", list, "\n");
  for (const Node& node : nodes) {
    if (node.tags.empty() && node.state.empty()) continue;
    absl::StrAppend(&text, "[node ", node.name, "]\ntags = ", absl::StrJoin(node.tags, ", "), "\n");
    if (!node.state.empty()) absl::StrAppend(&text, "state = ", node.state, "\n");
  }
  return text;
}

std::string GroupsText(const std::vector<NodeGroup>& groups) {
  std::string text = groups.empty() ? "" : "[groups]\n";
  for (const NodeGroup& group : groups) {
    std::string target = absl::StrReplaceAll(group.target, {{"\n", " "}, {"\t", " "}});
    // What no configuration can hold is no target either, or the name of one program's group only.
    const bool is_text = std::none_of(target.begin(), target.end(),
                                      [](unsigned char c) { return c < ' ' || c == 0x7f; });
    if (is_text && IsValidName(group.name)) absl::StrAppend(&text, group.name, " = ", target, "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<ClusterFile> ClusterFile::Write(const std::vector<Node>& nodes,
                                               const std::vector<NodeGroup>& groups) {
  const char* runtime = ::getenv("XDG_RUNTIME_DIR");
  const bool usable = runtime != nullptr && runtime[0] == '/' && ::access(runtime, W_OK) == 0;
  std::string folder = absl::StrCat(usable ? runtime : "/tmp", "/clustershell-XXXXXX");
  if (::mkdtemp(folder.data()) == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot make the folder ", folder, ": ", ::strerror(errno)));
  }
  ClusterFile file(std::move(folder));
  const absl::Status written =
      WriteNewFile(file.path(), absl::StrCat(NodesText(nodes), GroupsText(groups)));
  if (!written.ok()) return written;
  return file;
}

ClusterFile::ClusterFile(ClusterFile&& other) noexcept
    : folder_(std::exchange(other.folder_, "")) {}

ClusterFile::~ClusterFile() {
  if (folder_.empty()) return;
  ::unlink(path().c_str());
  ::rmdir(folder_.c_str());
}

std::string ClusterFile::path() const { return folder_ + "/cluster.conf"; }

}  // namespace muster::clustershell
