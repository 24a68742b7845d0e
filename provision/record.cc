#include "provision/record.h"

#include <algorithm>
#include <array>
#include <utility>

namespace muster::provision {
namespace {

constexpr std::size_t kMostOfMessage = 600;

constexpr std::array<std::pair<NodeState, const char*>, 8> kNames = {{
    {NodeState::kDefined, "defined"},
    {NodeState::kStarting, "starting"},
    {NodeState::kRunning, "running"},
    {NodeState::kPausing, "pausing"},
    {NodeState::kPaused, "paused"},
    {NodeState::kResuming, "resuming"},
    {NodeState::kStopping, "stopping"},
    {NodeState::kFailed, "failed"},
}};

}  // namespace

const char* NameOf(NodeState state) {
  for (const auto& [known, name] : kNames) {
    if (known == state) return name;
  }
  return "unknown";
}

std::optional<NodeState> NodeStateOf(const std::string& name) {
  for (const auto& [state, known] : kNames) {
    if (name == known) return state;
  }
  return std::nullopt;
}

bool IsPaused(NodeState state) {
  return state == NodeState::kPaused || state == NodeState::kPausing ||
         state == NodeState::kResuming;
}

std::string Short(absl::string_view message) {
  std::string line(message.substr(0, kMostOfMessage));
  if (message.size() > kMostOfMessage) line += "…";
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

NodeRecord* ClusterRecord::Find(const std::string& node_name) {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const NodeRecord& node) { return node.name == node_name; });
  return found == nodes.end() ? nullptr : &*found;
}

const NodeRecord* ClusterRecord::Find(const std::string& node_name) const {
  return const_cast<ClusterRecord*>(this)->Find(node_name);
}

}  // namespace muster::provision
