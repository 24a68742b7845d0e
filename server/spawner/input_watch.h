// InputWatch: looks whether a process of the tree below this one waits for its standard input: is
// blocked in a read of it, or in a wait for nothing but it. What /proc hides (another user's
// process, for who is not root) does not count. The supervisor's; single-threaded.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace muster::server {

class InputWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // The pipe or terminal that is meant; -1: none, and nothing is looked at.
  void SetInput(int fd);
  // Looks from now on, until Look says yes.
  void Start();
  // Empty: nothing to look for.
  std::optional<Clock::time_point> next_look() const { return next_look_; }
  // True: it waits, and did so at the look before: it is not on its way to the next line.
  bool Look(Clock::time_point now);

 private:
  bool IsAnyWaiting() const;

  bool has_input_ = false;
  bool is_terminal_ = false;
  dev_t device_ = 0;  // of a terminal its own, else that of its file system
  ino_t inode_ = 0;
  bool was_waiting_ = false;
  std::optional<Clock::time_point> next_look_;
};

}  // namespace muster::server
