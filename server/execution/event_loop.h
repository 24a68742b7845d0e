// EventLoop: waits on descriptors and timers and runs what was posted to it, one thing after the
// other. Everything of an execution happens in it, so executions need no locks. It has a thread,
// and while that sleeps another one may step in and run its task at once (Do), which saves waking
// it. "On the loop" means: by that thread, or by one that has stepped in. Post and Do are
// thread-safe; the rest may be called on the loop only (and before Start).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/mutex.h"
#include "common/unique_fd.h"

namespace muster::server {

class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;
  // Told which of EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR came.
  using FdHandler = std::function<void(std::uint32_t events)>;
  using TimerId = std::uint64_t;

  EventLoop();
  ~EventLoop();  // as Stop

  void Start();
  // Runs what was posted before, then ends and joins the thread. Not from the loop's own thread.
  void Stop();

  void Post(Task task) MUSTER_EXCLUDES(mutex_);
  // Now, on this thread, if nothing else is under way or waits in the loop; else as Post.
  void Do(Task task) MUSTER_EXCLUDES(mutex_);

  // One handler for each descriptor. The handler may unwatch any descriptor, its own included.
  void Watch(int fd, std::uint32_t events, FdHandler handler);
  void SetEvents(int fd, std::uint32_t events);
  void Unwatch(int fd);

  TimerId After(std::chrono::milliseconds delay, Task task);
  void CancelTimer(TimerId id);

  // Room for what somebody on the loop reads: of use until somebody else there reads. One for all,
  // as each thread of the daemon would have its own otherwise.
  static constexpr std::size_t kRoomBytes = 64 << 10;
  char* room() { return room_.get(); }

 private:
  struct Watched {
    std::uint64_t generation = 0;  // a descriptor's number is used again; this is not
    FdHandler handler;
  };

  void Run();
  void Wake();
  void RunPosted() MUSTER_EXCLUDES(mutex_);
  void RunTimers();
  // How long to sleep; remembered, for who sets an earlier timer meanwhile.
  int WaitMilliseconds();
  void Dispatch(std::uint64_t key, std::uint32_t events);

  UniqueFd epoll_;
  UniqueFd wake_;  // eventfd
  // Not initialised: what nobody uses takes no memory.
  const std::unique_ptr<char[]> room_{new char[kRoomBytes]};
  std::unordered_map<int, std::shared_ptr<Watched>> watched_;
  std::uint64_t next_generation_ = 1;
  std::map<std::pair<Clock::time_point, TimerId>, Task> timers_;
  std::unordered_map<TimerId, Clock::time_point> timer_times_;
  TimerId next_timer_ = 1;
  Clock::time_point sleeps_until_ = Clock::time_point::max();
  bool stopping_ = false;

  Mutex turn_;  // held by whoever is in the loop
  Mutex mutex_;
  std::vector<Task> posted_ MUSTER_GUARDED_BY(mutex_);

  std::thread thread_;  // last: it uses everything above
};

}  // namespace muster::server
