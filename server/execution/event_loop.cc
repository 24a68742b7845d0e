#include "server/execution/event_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

namespace muster::server {
namespace {

// epoll's 64 bits hold the descriptor and the low bits of its generation.
std::uint64_t KeyOf(int fd, std::uint64_t generation) {
  return (generation << 32) | static_cast<std::uint32_t>(fd);
}

// The loop that this thread is in.
thread_local const EventLoop* inside = nullptr;

}  // namespace

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = KeyOf(wake_.get(), 0);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
}

EventLoop::~EventLoop() { Stop(); }

void EventLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void EventLoop::Stop() {
  if (!thread_.joinable()) return;
  Post([this] { stopping_ = true; });
  thread_.join();
}

void EventLoop::Post(Task task) {
  {
    MutexLock lock(mutex_);
    posted_.push_back(std::move(task));
    if (posted_.size() > 1) return;  // the wake-up for the first one is on its way
  }
  Wake();
}

void EventLoop::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

void EventLoop::Do(Task task) {
  if (inside == this || !turn_.TryLock()) {
    Post(std::move(task));
    return;
  }
  bool is_free = false;
  {
    MutexLock lock(mutex_);
    is_free = posted_.empty() && !stopping_;
  }
  if (is_free) {
    const EventLoop* const outside = std::exchange(inside, this);
    task();
    inside = outside;
    if (!timers_.empty() && timers_.begin()->first.first < sleeps_until_) Wake();
  }
  turn_.Unlock();
  if (!is_free) Post(std::move(task));
}

void EventLoop::Watch(int fd, std::uint32_t events, FdHandler handler) {
  auto watched = std::make_shared<Watched>();
  watched->generation = next_generation_++ & 0xffffffff;
  watched->handler = std::move(handler);
  epoll_event event{};
  event.events = events;
  event.data.u64 = KeyOf(fd, watched->generation);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  watched_[fd] = std::move(watched);
}

void EventLoop::SetEvents(int fd, std::uint32_t events) {
  const auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = KeyOf(fd, found->second->generation);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::Unwatch(int fd) {
  if (watched_.erase(fd) == 0) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

EventLoop::TimerId EventLoop::After(std::chrono::milliseconds delay, Task task) {
  const TimerId id = next_timer_++;
  // A delay of centuries must not overflow the clock.
  const auto bounded = std::min<std::chrono::milliseconds>(delay, std::chrono::hours(24 * 365));
  const Clock::time_point when = Clock::now() + bounded;
  timers_.emplace(std::make_pair(when, id), std::move(task));
  timer_times_[id] = when;
  return id;
}

void EventLoop::CancelTimer(TimerId id) {
  const auto found = timer_times_.find(id);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, id});
  timer_times_.erase(found);
}

void EventLoop::Run() {
  std::vector<epoll_event> events(64);
  inside = this;
  turn_.Lock();
  while (!stopping_) {
    const int time = WaitMilliseconds();
    turn_.Unlock();
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), time);
    turn_.Lock();
    sleeps_until_ = Clock::time_point::min();  // awake: it looks at the timers by itself
    for (int i = 0; i < count; ++i) Dispatch(events[i].data.u64, events[i].events);
    RunTimers();
    RunPosted();
  }
  turn_.Unlock();
}

void EventLoop::Dispatch(std::uint64_t key, std::uint32_t events) {
  const int fd = static_cast<int>(key & 0xffffffff);
  if (fd == wake_.get()) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t size = ::read(fd, &count, sizeof(count));
    return;
  }
  const auto found = watched_.find(fd);
  if (found == watched_.end() || found->second->generation != key >> 32) return;
  const std::shared_ptr<Watched> watched = found->second;  // outlives its own Unwatch
  watched->handler(events);
}

void EventLoop::RunTimers() {
  const Clock::time_point now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    Task task = std::move(timers_.begin()->second);
    timer_times_.erase(timers_.begin()->first.second);
    timers_.erase(timers_.begin());
    task();
  }
}

void EventLoop::RunPosted() {
  std::vector<Task> tasks;
  {
    MutexLock lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

int EventLoop::WaitMilliseconds() {
  sleeps_until_ = timers_.empty() ? Clock::time_point::max() : timers_.begin()->first.first;
  if (timers_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
}

}  // namespace muster::server
