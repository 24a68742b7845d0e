#include "shell/input_source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

namespace muster::clustershell {

bool IsInput(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && (facts.st_mode & S_IFMT) != 0;
}

std::string WhyNotRead(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode) ? ::strerror(EISDIR) : "";
}

}  // namespace muster::clustershell
