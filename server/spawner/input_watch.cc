#include "server/spawner/input_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "common/unique_fd.h"
#include "server/spawner/process_tree.h"

namespace muster::server {
namespace {

constexpr std::chrono::milliseconds kInterval{60};
// A process with more threads is looked at no further.
constexpr int kMostThreads = 64;
// What /dev/tty is, whichever terminal it stands for.
const dev_t kOwnTerminal = makedev(5, 0);

// A tree that may wait has not moved for so long.
constexpr std::chrono::milliseconds kQuietTime{2000};

// The system call that a thread is blocked in.
struct BlockedCall {
  long number = -1;
  unsigned long first = 0;
  unsigned long second = 0;
};

std::optional<BlockedCall> BlockedCallOf(const std::string& thread, bool& is_hidden) {
  const UniqueFd file(::open((thread + "/syscall").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.IsOpen() && (errno == EACCES || errno == EPERM)) is_hidden = true;
  char text[256];
  const ssize_t size = file.IsOpen() ? ::read(file.get(), text, sizeof(text) - 1) : -1;
  if (size <= 0) return std::nullopt;
  text[size] = '\0';
  BlockedCall call;
  if (::sscanf(text, "%ld %lx %lx", &call.number, &call.first, &call.second) != 3) {
    return std::nullopt;  // "running"
  }
  return call;
}

// The one descriptor that the call waits for to be readable; -1: another call, or several.
int AwaitedFd(const std::string& process, const BlockedCall& call) {
  switch (call.number) {
    case SYS_read:
    case SYS_readv:
      return static_cast<int>(call.first);
#ifdef SYS_select
    case SYS_select:
#endif
    case SYS_pselect6:
      return call.first == 1 ? 0 : -1;  // nobody else is below descriptor 1
#ifdef SYS_poll
    case SYS_poll:
#endif
    case SYS_ppoll: {
      if (call.second != 1) return -1;
      const UniqueFd memory(::open((process + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
      pollfd awaited{};
      const bool known =
          memory.IsOpen() && ::pread(memory.get(), &awaited, sizeof(awaited),
                                     static_cast<off_t>(call.first)) == sizeof(awaited);
      return known && (awaited.events & POLLIN) != 0 ? awaited.fd : -1;
    }
    default:
      return -1;
  }
}

}  // namespace

void InputWatch::SetInput(int fd) {
  struct stat facts {};
  has_input_ = fd >= 0 && ::fstat(fd, &facts) == 0;
  is_terminal_ = S_ISCHR(facts.st_mode);
  device_ = is_terminal_ ? facts.st_rdev : facts.st_dev;
  inode_ = facts.st_ino;
}

void InputWatch::Start() {
  if (!has_input_) return;
  last_ = {};
  quiet_since_ = Clock::now();
  next_look_ = quiet_since_ + kInterval;
}

InputWatch::Answer InputWatch::Look(Clock::time_point now) {
  if (!next_look_ || now < *next_look_) return Answer::kNo;
  next_look_ = now + kInterval;
  const Sight sight = See();
  Answer answer = Answer::kNo;
  if (sight.is_waiting && last_.is_waiting) answer = Answer::kWaiting;
  if (sight.cpu != last_.cpu || sight.processes != last_.processes) quiet_since_ = now;
  if (answer == Answer::kNo && sight.is_hidden && now >= quiet_since_ + kQuietTime) {
    answer = Answer::kMayWait;
  }
  last_ = sight;
  if (answer != Answer::kNo) next_look_.reset();
  return answer;
}

InputWatch::Sight InputWatch::See() const {
  Sight sight;
  for (const Process& process : Descendants(ChildrenOfSelf())) {
    ++sight.processes;
    sight.cpu += process.cpu;
    const std::string folder = "/proc/" + std::to_string(process.pid);
    int threads = 0;
    std::error_code ignored;
    for (std::filesystem::directory_iterator thread(folder + "/task", ignored), end;
         thread != end && ++threads <= kMostThreads; thread.increment(ignored)) {
      const auto call = BlockedCallOf(thread->path(), sight.is_hidden);
      const int fd = call ? AwaitedFd(folder, *call) : -1;
      struct stat facts {};
      if (fd < 0 || ::stat((folder + "/fd/" + std::to_string(fd)).c_str(), &facts) != 0) continue;
      sight.is_waiting |= is_terminal_ ? S_ISCHR(facts.st_mode) && (facts.st_rdev == device_ ||
                                                                    facts.st_rdev == kOwnTerminal)
                                       : facts.st_dev == device_ && facts.st_ino == inode_;
    }
  }
  return sight;
}

}  // namespace muster::server
