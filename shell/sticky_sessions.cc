#include "shell/sticky_sessions.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "common/tsan.h"

namespace muster::clustershell {
namespace {

// A line waits no longer for nodes that do not answer.
constexpr std::chrono::milliseconds kPatience(2000 * kTsanSlowness);

// A connection that broke unnoticed, as that to a daemon which was restarted, fails the first
// question, and the second one makes another.
std::vector<NodeSessions> AskTwice(const ClusterAPI& cluster, const std::vector<Target>& targets) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<NodeSessions> answers = cluster.list_sessions(targets, kPatience);
  std::vector<Target> again;
  for (const NodeSessions& answer : answers) {
    if (answer.status.code() == StatusCode::kUnavailable) again.emplace_back(answer.node);
  }
  const auto left = kPatience - std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::steady_clock::now() - begun);
  if (again.empty() || left.count() <= 0) return answers;
  for (NodeSessions& answer : cluster.list_sessions(again, left)) {
    answers.push_back(std::move(answer));
  }
  return answers;
}

}  // namespace

// The number of our process alone would be that of another machine's shell, too.
StickySessions::StickySessions()
    : name_(absl::StrCat("shell-", ::getpid(), "-", absl::Hex(std::random_device()()))) {}

void StickySessions::Use(const std::vector<Node>& nodes, const std::vector<std::string>& lost) {
  for (const std::string& name : lost) open_.erase(name);
  for (const Node& node : nodes) nodes_.insert(node.name);
}

void StickySessions::Ran(const std::vector<Outcome>& outcomes) {
  for (const Outcome& outcome : outcomes) {
    const bool ran =
        outcome.kind != Outcome::Kind::kRefused && outcome.kind != Outcome::Kind::kUnreachable &&
        outcome.kind != Outcome::Kind::kSkipped && outcome.kind != Outcome::Kind::kStartFailed;
    if (ran) open_.insert(outcome.node);
  }
}

std::vector<std::string> StickySessions::FindLost(const ClusterAPI& cluster,
                                                  const std::vector<Node>& nodes) const {
  std::vector<Target> targets;
  for (const Node& node : nodes) {
    if (open_.count(node.name) != 0) targets.emplace_back(node.name);
  }
  std::vector<std::string> lost;
  if (targets.empty()) return lost;
  for (const NodeSessions& answer : AskTwice(cluster, targets)) {
    const bool is_there =
        std::any_of(answer.sessions.begin(), answer.sessions.end(),
                    [&](const Session& session) { return session.name == name_; });
    if (answer.status.ok() && !is_there) lost.push_back(answer.node);
  }
  return lost;
}

void StickySessions::Close(ClusterAPI& cluster) {
  std::vector<Target> targets;
  for (const Node& node : cluster.nodes()) {
    if (nodes_.count(node.name) != 0) targets.emplace_back(node.name);
  }
  nodes_.clear();
  open_.clear();
  if (!targets.empty()) cluster.close_session(targets, name_);
}

}  // namespace muster::clustershell
