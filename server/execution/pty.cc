#include "server/execution/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace muster::server {

bool OpenPty(const WindowSize& size, Pty& pty) {
  pty.master.Reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.master.IsOpen() || ::unlockpt(pty.master.get()) != 0) return false;
  // Not by its name: /dev/pts may be another one here, and a name can be somebody else's by now.
  pty.slave.Reset(::ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.slave.IsOpen()) return false;
  SetWindowSize(pty.master.get(), size);
  return true;
}

void SetWindowSize(int master, const WindowSize& size) {
  winsize window{};
  window.ws_row = size.rows;
  window.ws_col = size.columns;
  ::ioctl(master, TIOCSWINSZ, &window);
}

pid_t ForegroundGroup(int master) {
  const pid_t group = ::tcgetpgrp(master);
  return group > 0 ? group : 0;
}

}  // namespace muster::server
