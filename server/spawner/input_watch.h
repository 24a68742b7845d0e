// InputWatch: looks whether a process of the tree below this one waits for its standard input: is
// blocked in a read of it, or in a wait for nothing but it. What a process does that /proc hides
// from us (another user's, as below sudo, for who is not root) can only be guessed: such a tree may
// wait when none of it takes processor time. The supervisor's; single-threaded.
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
  enum class Answer { kNo, kWaiting, kMayWait };
  // kWaiting: and it did so at the look before: it is not on its way to the next line.
  Answer Look(Clock::time_point now);

 private:
  // What they do, as far as it can be seen.
  struct Sight {
    bool is_waiting = false;
    bool is_hidden = false;  // of one of them
    std::chrono::microseconds cpu{0};
    std::size_t processes = 0;
  };
  Sight See() const;

  bool has_input_ = false;
  bool is_terminal_ = false;
  dev_t device_ = 0;  // of a terminal its own, else that of its file system
  ino_t inode_ = 0;
  Sight last_;
  Clock::time_point quiet_since_;  // nobody has moved since
  std::optional<Clock::time_point> next_look_;
};

}  // namespace muster::server
