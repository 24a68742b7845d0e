#include "client/map_nodes.h"

#include <algorithm>

namespace muster {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kFirstWindow = 4;
constexpr std::size_t kMostWindow = 512;
// What waits at a node shorter than this, or than half of what it takes, says that there is room.
constexpr milliseconds kShortWait(20);
// And longer than this and twice what it takes, that there is too much.
constexpr milliseconds kLongWait(60);
// A node that was not there is asked again after so long.
constexpr std::chrono::seconds kAbsence(5);

bool IsAway(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::kUnreachable || outcome.kind == Outcome::Kind::kLost;
}

}  // namespace

MapNodes::MapNodes(std::size_t count) : nodes_(count) {
  for (std::size_t i = 0; i < count; ++i) SetWindow(i, kFirstWindow);
}

MapNodes::Load MapNodes::LoadOf(std::size_t node) const {
  return {nodes_[node].running * 1000 / nodes_[node].window, node};
}

void MapNodes::SetWindow(std::size_t node, std::size_t window) {
  Node& changed = nodes_[node];
  if (changed.window > 0) by_load_.erase(LoadOf(node));
  window_ += window - changed.window;
  changed.window = window;
  if (window > 0) by_load_.insert(LoadOf(node));
}

void MapNodes::Change(std::size_t node, std::ptrdiff_t running) {
  Node& changed = nodes_[node];
  if (changed.window > 0) by_load_.erase(LoadOf(node));
  changed.running += static_cast<std::size_t>(running);
  if (changed.window > 0) by_load_.insert(LoadOf(node));
}

std::optional<std::size_t> MapNodes::Choose(std::optional<std::size_t> but, Clock::time_point now) {
  while (!away_.empty() && away_.begin()->first <= now) {
    // With one item first, which tells whether it is there again.
    SetWindow(away_.begin()->second, 1);
    away_.erase(away_.begin());
  }
  if (by_load_.empty() && !away_.empty()) {
    // Nobody is there: each is asked again in its turn, so that every item has been tried.
    SetWindow(away_.begin()->second, kFirstWindow);
    away_.erase(away_.begin());
  }
  for (const auto& [load, node] : by_load_) {
    if (load >= 1000) break;
    if (node != but) return node;
  }
  // Rather this one than none.
  if (but && nodes_[*but].running < nodes_[*but].window) return but;
  return std::nullopt;
}

void MapNodes::Begin(std::size_t node) { Change(node, 1); }

void MapNodes::End(std::size_t node, const Outcome& outcome, bool is_unfit, Clock::time_point now) {
  Change(node, -1);
  const std::size_t window = nodes_[node].window;
  if (is_unfit || IsAway(outcome)) {
    if (window == 0) return;
    SetWindow(node, 0);
    away_.insert({now + kAbsence, node});
    return;
  }
  const auto& usage = outcome.usage;
  if (window == 0) return;
  if (usage.queued < std::max<std::chrono::microseconds>(kShortWait, usage.wall / 2)) {
    SetWindow(node, std::min(window + 1, kMostWindow));
  } else if (usage.queued > std::max<std::chrono::microseconds>(kLongWait, 2 * usage.wall)) {
    SetWindow(node, std::max<std::size_t>(window - 1, 2));
  }
}

bool MapNodes::IsOtherThere(std::size_t node) const {
  return std::any_of(by_load_.begin(), by_load_.end(),
                     [&](const Load& load) { return load.second != node; });
}

std::optional<MapNodes::Clock::time_point> MapNodes::NextReturn() const {
  if (away_.empty()) return std::nullopt;
  return away_.begin()->first;
}

}  // namespace muster
