// Pty: a pseudo-terminal for one execution. The daemon keeps the master, the slave becomes the
// child's standard input, output and error. Stateless; thread-safe.
#pragma once

#include <string>

#include "common/unique_fd.h"

namespace muster::server {

struct WindowSize {
  unsigned short rows = 0;     // character cells
  unsigned short columns = 0;  // character cells
};

// What a caller asks for.
struct Terminal {
  WindowSize size;
  std::string type;  // TERM
};

struct Pty {
  UniqueFd master;
  UniqueFd slave;
};

// Of this size from its beginning. False with errno when the machine gives none.
bool OpenPty(const WindowSize& size, Pty& pty);

// Every process of the foreground group gets SIGWINCH from the kernel.
void SetWindowSize(int master, const WindowSize& size);

// The process group in the foreground; 0: there is none yet.
pid_t ForegroundGroup(int master);

}  // namespace muster::server
