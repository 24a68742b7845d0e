#include "provision/node_pool.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "common/mutex.h"

namespace muster::provision {
namespace {

constexpr std::chrono::milliseconds kAskEvery{100};

// What the threads of one call share.
class Shares {
 public:
  explicit Shares(std::size_t count) : count_(count) {}

  // False: there is no more.
  bool Take(std::size_t& item) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (ends_ || next_ == count_) return false;
    item = next_++;
    return true;
  }
  void End() MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ends_ = true;
  }
  void Leave() MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++left_;
    changed_.NotifyAll();
  }
  // Whether all threads have left, by then.
  bool WaitForAll(std::size_t threads, std::chrono::milliseconds time) MUSTER_EXCLUDES(mutex_) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    const MutexLock lock(mutex_);
    while (left_ < threads) {
      if (!changed_.WaitUntil(mutex_, deadline)) return left_ == threads;
    }
    return true;
  }

 private:
  const std::size_t count_;
  Mutex mutex_;
  CondVar changed_;
  std::size_t next_ MUSTER_GUARDED_BY(mutex_) = 0;
  std::size_t left_ MUSTER_GUARDED_BY(mutex_) = 0;
  bool ends_ MUSTER_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::size_t DefaultBound() {
  return std::clamp<std::size_t>(std::size_t{4} * std::thread::hardware_concurrency(), 4, 64);
}

void ForEachBounded(std::size_t count, std::size_t bound,
                    const std::function<void(std::size_t)>& work,
                    const std::function<bool()>& goes_on) {
  Shares shares(count);
  std::vector<std::thread> threads;
  const std::size_t size = std::min(count, std::max<std::size_t>(bound, 1));
  for (std::size_t i = 0; i < size; ++i) {
    threads.emplace_back([&] {
      std::size_t item = 0;
      while (shares.Take(item)) work(item);
      shares.Leave();
    });
  }
  while (!shares.WaitForAll(size, kAskEvery)) {
    if (goes_on && !goes_on()) shares.End();
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace muster::provision
