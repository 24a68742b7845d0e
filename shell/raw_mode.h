// RawMode: our terminal without line editing, echo and signal keys, as long as this object lives:
// what is typed comes byte by byte. Main thread.
#pragma once

#include <termios.h>

namespace muster::clustershell {

class RawMode {
 public:
  // `fd` has to be a terminal.
  explicit RawMode(int fd);
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  const int fd_;
  bool is_set_ = false;
  termios before_{};
};

}  // namespace muster::clustershell
