// OpenCalls: how many Execute calls have not ended, so that a shutdown can wait for the last
// outcomes to leave instead of for every idle connection. Thread-safe.
#pragma once

#include <chrono>

#include "common/mutex.h"

namespace muster::server {

class OpenCalls {
 public:
  void Add() MUSTER_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++count_;
  }
  void Remove() MUSTER_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (--count_ == 0) none_.NotifyAll();
  }
  // Until there is none, or `time` has passed.
  void WaitForNone(std::chrono::milliseconds time) MUSTER_EXCLUDES(mutex_) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    MutexLock lock(mutex_);
    while (count_ > 0 && none_.WaitUntil(mutex_, deadline)) {
    }
  }

 private:
  Mutex mutex_;
  CondVar none_;
  int count_ MUSTER_GUARDED_BY(mutex_) = 0;
};

}  // namespace muster::server
