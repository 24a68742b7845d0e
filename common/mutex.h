// Mutex, MutexLock, CondVar: std::mutex and std::condition_variable with clang's thread-safety
// annotations (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html), so that the `thread-safety`
// preset checks which lock guards which member. Not absl::Mutex: Debian's Abseil is not
// instrumented and the thread sanitizer would report races in correct programs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define MUSTER_ANNOTATION(x) __attribute__((x))
#else
#define MUSTER_ANNOTATION(x)
#endif

#define MUSTER_GUARDED_BY(x) MUSTER_ANNOTATION(guarded_by(x))
#define MUSTER_REQUIRES(...) MUSTER_ANNOTATION(requires_capability(__VA_ARGS__))
#define MUSTER_EXCLUDES(...) MUSTER_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace muster {

class MUSTER_ANNOTATION(capability("mutex")) Mutex {
 public:
  void Lock() MUSTER_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void Unlock() MUSTER_ANNOTATION(release_capability()) { mutex_.unlock(); }
  // Never of the thread that holds it.
  bool TryLock() MUSTER_ANNOTATION(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class MUSTER_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) MUSTER_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() MUSTER_ANNOTATION(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits only with the mutex held; wake-ups may be spurious, so wait in a loop on the condition.
class CondVar {
 public:
  void Wait(Mutex& mutex) MUSTER_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False when `deadline` passed first.
  bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point deadline)
      MUSTER_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace muster
