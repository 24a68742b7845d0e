#include "common/standard_fds.h"

#include <fcntl.h>
#include <unistd.h>

namespace muster {

void OpenMissingStandardFds() {
  // open(2) gives the lowest free number: from 0 up, each hole is the next one given.
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) {
      [[maybe_unused]] const int opened =
          ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
    }
  }
}

}  // namespace muster
