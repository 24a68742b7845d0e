#include "provision/file_lock.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "common/unique_fd.h"

namespace muster::provision {
namespace {

class FileLock : public ClusterLock {
 public:
  explicit FileLock(UniqueFd file) : file_(std::move(file)) {}

 private:
  const UniqueFd file_;
};

// Of one that was killed while it started a child the child still has the lock, until it becomes
// another program.
constexpr std::chrono::milliseconds kHeirTime{2000};
constexpr std::chrono::milliseconds kHeirPoll{5};

// 0: it is not known.
pid_t HolderPid(int fd) {
  char text[32] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  return size > 0 ? static_cast<pid_t>(::strtol(text, nullptr, 10)) : 0;
}

bool IsDead(pid_t pid) { return pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH; }

bool TakeLock(int fd) {
  const auto deadline = std::chrono::steady_clock::now() + kHeirTime;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (!IsDead(HolderPid(fd)) || std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kHeirPoll);
  }
  return true;
}

std::string HolderOf(int fd) {
  const pid_t pid = HolderPid(fd);
  if (pid == ::getpid()) return "another thread of this program";
  return pid > 0 ? absl::StrCat("process ", pid) : "another process";
}

// Whether the path still names the open file: who deletes a cluster removes its lock, too.
bool IsStillAt(int fd, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClusterLock>> LockFile(const std::string& path,
                                                      const std::string& what) {
  while (true) {
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.IsOpen()) {
      return absl::UnavailableError(
          absl::StrCat("cannot lock ", what, ": ", path, ": ", ::strerror(errno)));
    }
    if (!TakeLock(file.get())) {
      return absl::FailedPreconditionError(absl::StrCat(HolderOf(file.get()), " changes ", what,
                                                        " now; try again when it has ended"));
    }
    if (!IsStillAt(file.get(), path)) continue;
    const std::string pid = absl::StrCat(::getpid(), "\n");
    if (::ftruncate(file.get(), 0) != 0 ||
        ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
      return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", ::strerror(errno)));
    }
    return std::unique_ptr<ClusterLock>(std::make_unique<FileLock>(std::move(file)));
  }
}

}  // namespace muster::provision
