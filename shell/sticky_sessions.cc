#include "shell/sticky_sessions.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <random>

namespace muster::clustershell {

// The number of our process alone would be that of another machine's shell, too.
StickySessions::StickySessions()
    : name_(absl::StrCat("shell-", ::getpid(), "-", absl::Hex(std::random_device()()))) {}

void StickySessions::Use(const std::vector<Node>& nodes) {
  for (const Node& node : nodes) nodes_.insert(node.name);
}

void StickySessions::Close(ClusterAPI& cluster) {
  std::vector<Target> targets;
  for (const Node& node : cluster.nodes()) {
    if (nodes_.count(node.name) != 0) targets.emplace_back(node.name);
  }
  nodes_.clear();
  if (!targets.empty()) cluster.close_session(targets, name_);
}

}  // namespace muster::clustershell
