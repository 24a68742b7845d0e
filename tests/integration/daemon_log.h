// DaemonLog: what daemons write to standard error while it stands in the way: make one, start the
// daemon, call Restore. One thread.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "common/unique_fd.h"
#include "tests/integration/watching.h"

namespace muster::test {

class DaemonLog {
 public:
  DaemonLog() {
    ::fflush(stderr);
    old_.Reset(::fcntl(2, F_DUPFD_CLOEXEC, 3));
    const UniqueFd file(::mkstemp(path_));
    ::dup2(file.get(), 2);
  }
  ~DaemonLog() {
    Restore();
    ::fputs(Text().c_str(), stderr);
    ::unlink(path_);
  }
  // This process's own standard error is as it was.
  void Restore() {
    if (old_.IsOpen()) ::dup2(old_.get(), 2);
    old_.Reset();
  }
  std::string Text() const { return ReadFile(path_); }
  int Count(const std::string& words) const {
    const std::string text = Text();
    int count = 0;
    for (std::size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) ++count;
    return count;
  }

 private:
  char path_[32] = "/tmp/muster-log-XXXXXX";
  UniqueFd old_;
};

}  // namespace muster::test
