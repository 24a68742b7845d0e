// MapNodes: how much of a map each node has, and who gets the next item. A node's share grows while
// it works off what it has at once, and shrinks while things wait there for long; a node that was
// not there is left out for a while. Not thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster {

class MapNodes {
 public:
  using Clock = std::chrono::steady_clock;

  explicit MapNodes(std::size_t count);

  // The one with most room, counted from 0; empty: none has any now. `but`: rather another.
  std::optional<std::size_t> Choose(std::optional<std::size_t> but, Clock::time_point now);
  void Begin(std::size_t node);
  // `is_unfit`: it has not what the items ask for, and is left out for a while as one that is away.
  void End(std::size_t node, const Outcome& outcome, bool is_unfit, Clock::time_point now);
  // Whether another than this one is taken for being there.
  bool IsOtherThere(std::size_t node) const;
  // When the next one that is away is asked again.
  std::optional<Clock::time_point> NextReturn() const;
  std::size_t window() const { return window_; }  // of all together

 private:
  struct Node {
    std::size_t window = 0;  // items that it may have; 0: it is away
    std::size_t running = 0;
  };
  // In thousandths of its window, so that who has least of it comes first.
  using Load = std::pair<std::size_t, std::size_t>;

  Load LoadOf(std::size_t node) const;
  void SetWindow(std::size_t node, std::size_t window);
  void Change(std::size_t node, std::ptrdiff_t running);

  std::vector<Node> nodes_;
  std::set<Load> by_load_;  // of those that are there
  std::set<std::pair<Clock::time_point, std::size_t>> away_;
  std::size_t window_ = 0;
};

}  // namespace muster
