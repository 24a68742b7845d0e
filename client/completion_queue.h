// CompletionQueue: who has ended, in the order of that. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "common/mutex.h"

namespace muster {

class CompletionQueue {
 public:
  void Add(std::uint64_t token) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    tokens_.push_back(token);
    added_.NotifyAll();
  }

  // All that are there; waits for one until `deadline` when there is none.
  std::deque<std::uint64_t> Take(std::chrono::steady_clock::time_point deadline)
      MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (tokens_.empty() && added_.WaitUntil(mutex_, deadline)) {
    }
    std::deque<std::uint64_t> taken;
    taken.swap(tokens_);
    return taken;
  }

 private:
  Mutex mutex_;
  CondVar added_;
  std::deque<std::uint64_t> tokens_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster
