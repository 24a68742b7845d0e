#include "client/callback_thread.h"

#include <deque>
#include <thread>
#include <utility>

#include "client/forks.h"
#include "common/mutex.h"

namespace muster {
namespace {

class CallbackThread {
 public:
  CallbackThread() {
    std::thread([this] { Run(); }).detach();
  }

  void Add(std::function<void()> callback) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    waiting_.push_back(std::move(callback));
    added_.NotifyAll();
  }

 private:
  void Run() MUSTER_EXCLUDES(mutex_) {
    for (;;) Take()();
  }

  std::function<void()> Take() MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (waiting_.empty()) added_.Wait(mutex_);
    std::function<void()> next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

  Mutex mutex_;
  CondVar added_;
  std::deque<std::function<void()>> waiting_ MUSTER_GUARDED_BY(mutex_);
};

Mutex made_mutex;
CallbackThread* made MUSTER_GUARDED_BY(made_mutex) = nullptr;
int made_in MUSTER_GUARDED_BY(made_mutex) = 0;

// Never destroyed: it may run while the process exits.
CallbackThread& Thread() {
  const MutexLock lock(made_mutex);
  if (made == nullptr || made_in != Forks()) {
    made = new CallbackThread;
    made_in = Forks();
  }
  return *made;
}

}  // namespace

void RunCallback(std::function<void()> callback) { Thread().Add(std::move(callback)); }

}  // namespace muster
