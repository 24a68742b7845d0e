// LaneTimer: one alarm for all that a lane waits for: it rings at the earliest of the times that it
// was given, and whoever hears it asks for the next. It may ring too early, never too late.
// Thread-safe.
#pragma once

#include <grpcpp/alarm.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "common/mutex.h"

namespace muster {

class LaneTimer {
 public:
  // `ring` runs on a thread of gRPC, also after the end of the timer: it has to know by itself
  // whether whoever it is for is there. Never blocks.
  void At(std::chrono::steady_clock::time_point time, const std::function<void()>& ring)
      MUSTER_EXCLUDES(mutex_);
  // It has rung: what it was given is over.
  void Rang() MUSTER_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> time_ MUSTER_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Alarm> alarm_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster
