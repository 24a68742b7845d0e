#include "client/lane_timer.h"

#include <utility>

#include "common/tsan.h"

namespace muster {

void LaneTimer::At(std::chrono::steady_clock::time_point time, const std::function<void()>& ring) {
  std::unique_ptr<grpc::Alarm> alarm;  // the one before ends after the lock
  {
    const MutexLock lock(mutex_);
    if (time_ && *time_ <= time) return;
    time_ = time;
    alarm = std::make_unique<grpc::Alarm>();
    TsanRelease(alarm.get());
    alarm->Set(
        std::chrono::system_clock::now() + std::chrono::ceil<std::chrono::system_clock::duration>(
                                               time - std::chrono::steady_clock::now()),
        [raw = alarm.get(), ring](bool fired) {
          TsanAcquire(raw);
          if (fired) ring();
        });
    alarm_.swap(alarm);
  }
}

void LaneTimer::Rang() {
  std::unique_ptr<grpc::Alarm> alarm;  // ends after the lock
  const MutexLock lock(mutex_);
  time_.reset();
  alarm.swap(alarm_);
}

}  // namespace muster
