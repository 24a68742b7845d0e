// Signals: Ctrl-C and the requests to end, taken by one thread and handed to what runs. Make it
// before any other thread starts, so that all of them inherit the blocked signals. Thread-safe.
//
//   SIGINT            stops what runs, and clears the line at the prompt
//   SIGTERM, SIGHUP   stop what runs, and end the shell
//   SIGQUIT           ignored: a slip beside Ctrl-C would end the shell with all that it runs
//   SIGWINCH, SIGCONT the prompt has to be drawn anew
//   SIGPIPE           ignored: a write says so
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "common/mutex.h"
#include "common/unique_fd.h"

namespace muster::clustershell {

// Something that runs and can be told to stop.
class Interruptible {
 public:
  virtual ~Interruptible() = default;
  // `times`: 1 for the first request, then 2, …. Called on the thread of Signals; must not block.
  virtual void Interrupt(int times) = 0;
};

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // What to interrupt from now on (null: nothing); at once when an interrupt is already waiting.
  void SetRunning(const std::shared_ptr<Interruptible>& running) MUSTER_EXCLUDES(mutex_);

  // Requests to stop since ForgetInterrupts(), SIGTERM and SIGHUP included.
  int interrupts() const { return interrupts_; }
  void ForgetInterrupts() { interrupts_ = 0; }
  // SIGTERM or SIGHUP, once it came; else 0.
  int ending() const { return ending_; }
  // Whether the terminal changed since the last call.
  bool TakeRedraw() { return redraw_.exchange(false); }

  // Readable after any signal until DrainWake(): for whoever waits for input.
  int wake_fd() const { return wake_.get(); }
  void DrainWake();

 private:
  void Run() MUSTER_EXCLUDES(mutex_);
  void Take(int signal) MUSTER_EXCLUDES(mutex_);

  UniqueFd signals_;
  UniqueFd wake_;
  UniqueFd stop_;
  std::atomic<int> interrupts_{0};
  std::atomic<int> ending_{0};
  std::atomic<bool> redraw_{false};
  Mutex mutex_;
  std::weak_ptr<Interruptible> running_ MUSTER_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace muster::clustershell
