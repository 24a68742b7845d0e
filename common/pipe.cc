#include "common/pipe.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace muster {
namespace {

bool Take(int result, const int (&fds)[2], UniqueFd& one, UniqueFd& other) {
  if (result != 0) return false;
  one.Reset(fds[0]);
  other.Reset(fds[1]);
  return true;
}

}  // namespace

bool MakePipe(UniqueFd& read, UniqueFd& write, int flags) {
  int fds[2];
  return Take(::pipe2(fds, flags | O_CLOEXEC), fds, read, write);
}

bool MakeSocketPair(UniqueFd& one, UniqueFd& other) {
  int fds[2];
  return Take(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), fds, one, other);
}

}  // namespace muster
