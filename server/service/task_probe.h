// TaskProbe: whether gRPC's threads get to what they are given. What gRPC 1.51 cannot finish where
// it began, it gives to further threads; each has a queue of its own, and where on the stack the
// giver stands decides which. One connection that never lets its thread come to an end keeps all
// those waiting whose turn is in the same queue, while others are served. So the probe puts a task
// into as many queues as it can reach. Thread-safe.
#pragma once

#include <functional>

namespace muster::server {

class TaskProbe {
 public:
  // There are at most two queues per processor, and as many as were needed so far; where that is
  // more than these, chance decides which are reached.
  static constexpr int kTasks = 16;

  // Calls `done` kTasks times, on gRPC's threads, each when its queue has come to it. That may be
  // when everything else here has ended.
  static void Send(const std::function<void()>& done);
};

}  // namespace muster::server
