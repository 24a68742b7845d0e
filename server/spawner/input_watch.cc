#include "server/spawner/input_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
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

// The system call that a thread is blocked in.
struct BlockedCall {
  long number = -1;
  unsigned long first = 0;
  unsigned long second = 0;
};

std::optional<BlockedCall> BlockedCallOf(const std::string& thread) {
  const UniqueFd file(::open((thread + "/syscall").c_str(), O_RDONLY | O_CLOEXEC));
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
  was_waiting_ = false;
  next_look_ = Clock::now() + kInterval;
}

bool InputWatch::Look(Clock::time_point now) {
  if (!next_look_ || now < *next_look_) return false;
  next_look_ = now + kInterval;
  const bool is_waiting = IsAnyWaiting();
  const bool is_certain = is_waiting && was_waiting_;
  was_waiting_ = is_waiting;
  if (is_certain) next_look_.reset();
  return is_certain;
}

bool InputWatch::IsAnyWaiting() const {
  const std::vector<Process> tree = Descendants(ChildrenOfSelf());
  return std::any_of(tree.begin(), tree.end(), [this](const Process& process) {
    const std::string folder = "/proc/" + std::to_string(process.pid);
    int threads = 0;
    std::error_code ignored;
    for (std::filesystem::directory_iterator thread(folder + "/task", ignored), end;
         thread != end && ++threads <= kMostThreads; thread.increment(ignored)) {
      const auto call = BlockedCallOf(thread->path());
      const int fd = call ? AwaitedFd(folder, *call) : -1;
      struct stat facts {};
      if (fd < 0 || ::stat((folder + "/fd/" + std::to_string(fd)).c_str(), &facts) != 0) continue;
      if (is_terminal_ ? S_ISCHR(facts.st_mode) &&
                             (facts.st_rdev == device_ || facts.st_rdev == kOwnTerminal)
                       : facts.st_dev == device_ && facts.st_ino == inode_) {
        return true;
      }
    }
    return false;
  });
}

}  // namespace muster::server
