// Cluster::Turn: as long as it lives no other process changes the cluster, and, of a long
// operation, no other one of this object begins. Movable.
#pragma once

#include <utility>

#include "provision/cluster.h"

namespace muster::provision {

std::int64_t SecondsNow();

class Cluster::Turn {
 public:
  Turn(Cluster* cluster, bool is_long) : cluster_(cluster), is_long_(is_long) {}
  Turn(Turn&& other) noexcept
      : cluster_(std::exchange(other.cluster_, nullptr)), is_long_(other.is_long_) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn();

 private:
  Cluster* cluster_;
  bool is_long_;
};

}  // namespace muster::provision
