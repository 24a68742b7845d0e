// ConnectTurns: who of a cluster may connect now. Of a thousand nodes so many are connected to at
// once, and the others take their turns as these have answered, or have not within their time: or
// each of the thousand would wait for all the others, and so many ssh would be started in one
// moment. Thread-safe; calls nobody under its lock.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "common/mutex.h"

namespace muster {

class ConnectTurns : public std::enable_shared_from_this<ConnectTurns> {
 public:
  // The end of its last copy gives it back, and may let others begin in that call: not under a
  // lock.
  using Turn = std::shared_ptr<const void>;
  using Begin = std::function<void(Turn)>;
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kMost = 256;

  // `begin` runs once: in this call, in the end of somebody's turn, or on a thread of gRPC. By
  // `latest` it does whoever else connects: for a question that has a deadline, so that nodes that
  // are silent cost the others nothing.
  void Take(std::optional<Time> latest, const Begin& begin) MUSTER_EXCLUDES(mutex_);

 private:
  struct Waiting;

  Turn MakeTurn();
  void GiveBack() MUSTER_EXCLUDES(mutex_);
  // Null: nobody waits who may begin.
  std::shared_ptr<Waiting> Next() MUSTER_EXCLUDES(mutex_);
  void BeginBy(Time latest, const std::shared_ptr<Waiting>& waiting);

  Mutex mutex_;
  std::size_t taken_ MUSTER_GUARDED_BY(mutex_) = 0;
  std::deque<std::shared_ptr<Waiting>> waiting_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster
