// ProcessTraces: what a process keeps of what ran in it, outside of Python: its directory, umask,
// signal handlers, timers, limits, descriptors, groups. Looked at once, and compared later. One
// thread.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <array>

namespace muster::server {

class ProcessTraces {
 public:
  // As they are now.
  void Note();
  // What is different now; null: nothing.
  const char* Compare() const;

  // The lowest descriptor that was not open is still not. The quick half of Compare.
  bool HasNewDescriptor() const;

 private:
  static constexpr int kLastOwn = 3;

  struct File {
    dev_t device = 0;
    ino_t inode = 0;
    int flags = 0;
  };
  static File FileAt(int fd);
  static bool HasTimer();
  const char* CompareSignals() const;

  dev_t directory_device_ = 0;
  ino_t directory_ = 0;
  mode_t umask_ = 0;
  int free_ = 0;
  pid_t group_ = 0;
  int nice_ = 0;
  std::array<File, kLastOwn + 1> files_;
  std::array<struct sigaction, NSIG> actions_;
  sigset_t blocked_;
  std::array<rlimit, RLIM_NLIMITS> limits_;
};

}  // namespace muster::server
