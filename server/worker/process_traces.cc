#include "server/worker/process_traces.h"

#include <fcntl.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

namespace muster::server {
namespace {

mode_t Umask() {
  const mode_t mask = ::umask(077);
  ::umask(mask);
  return mask;
}

struct sigaction ActionOf(int signal) {
  struct sigaction action;
  ::memset(&action, 0, sizeof(action));
  ::sigaction(signal, nullptr, &action);
  return action;
}

bool IsSame(const struct sigaction& one, const struct sigaction& other) {
  return one.sa_handler == other.sa_handler && one.sa_flags == other.sa_flags &&
         ::memcmp(&one.sa_mask, &other.sa_mask, NSIG / 8) == 0;
}

}  // namespace

ProcessTraces::File ProcessTraces::FileAt(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return {};
  return {info.st_dev, info.st_ino, ::fcntl(fd, F_GETFL)};
}

void ProcessTraces::Note() {
  struct stat info {};
  ::stat(".", &info);
  directory_device_ = info.st_dev;
  directory_ = info.st_ino;
  umask_ = Umask();
  free_ = ::dup(STDIN_FILENO);
  ::close(free_);
  group_ = ::getpgrp();
  nice_ = ::getpriority(PRIO_PROCESS, 0);
  for (int fd = 0; fd <= kLastOwn; ++fd) files_[static_cast<std::size_t>(fd)] = FileAt(fd);
  for (int signal = 1; signal < NSIG; ++signal) {
    actions_[static_cast<std::size_t>(signal)] = ActionOf(signal);
  }
  ::sigemptyset(&blocked_);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked_);
  for (unsigned limit = 0; limit < limits_.size(); ++limit) {
    ::getrlimit(static_cast<__rlimit_resource>(limit), &limits_[limit]);
  }
}

bool ProcessTraces::HasNewDescriptor() const { return ::fcntl(free_, F_GETFD) >= 0; }

bool ProcessTraces::HasTimer() {
  for (const auto which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    itimerval timer{};
    ::getitimer(which, &timer);
    if (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0) return true;
  }
  return false;
}

const char* ProcessTraces::CompareSignals() const {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (!IsSame(ActionOf(signal), actions_[static_cast<std::size_t>(signal)])) {
      return "another signal handler";
    }
  }
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  if (::memcmp(&blocked, &blocked_, NSIG / 8) != 0) return "blocked signals";
  return HasTimer() ? "a timer" : nullptr;
}

const char* ProcessTraces::Compare() const {
  struct stat info {};
  if (::stat(".", &info) != 0 || info.st_dev != directory_device_ || info.st_ino != directory_) {
    return "another directory";
  }
  if (Umask() != umask_) return "another umask";
  if (HasNewDescriptor()) return "an open descriptor";
  for (int fd = 0; fd <= kLastOwn; ++fd) {
    const File now = FileAt(fd);
    const File& before = files_[static_cast<std::size_t>(fd)];
    if (now.device != before.device || now.inode != before.inode || now.flags != before.flags) {
      return "another descriptor in the place of its own";
    }
  }
  if (::getpgrp() != group_) return "another process group";
  if (::getpriority(PRIO_PROCESS, 0) != nice_) return "another priority";
  for (unsigned limit = 0; limit < limits_.size(); ++limit) {
    rlimit now{};
    ::getrlimit(static_cast<__rlimit_resource>(limit), &now);
    if (now.rlim_cur != limits_[limit].rlim_cur || now.rlim_max != limits_[limit].rlim_max) {
      return "another limit";
    }
  }
  return CompareSignals();
}

}  // namespace muster::server
