#include "shell/raw_mode.h"

namespace muster::clustershell {

RawMode::RawMode(int fd) : fd_(fd) {
  if (::tcgetattr(fd_, &before_) != 0) return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  is_set_ = ::tcsetattr(fd_, TCSADRAIN, &raw) == 0;
}

RawMode::~RawMode() {
  if (is_set_) ::tcsetattr(fd_, TCSADRAIN, &before_);
}

}  // namespace muster::clustershell
