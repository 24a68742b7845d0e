#include "common/child_process.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "common/child_guard.h"
#include "common/descriptor_limit.h"

extern char** environ;

namespace muster {
namespace {

// Above every number that a child is given a descriptor at.
constexpr int kAboveTargets = 16;

// The caller's environment with `extra` over it, as execve wants it.
std::vector<char*> MergeEnvironment(const std::vector<std::string>& extra) {
  std::vector<char*> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view old(*entry);
    const std::string_view name = old.substr(0, old.find('='));
    const bool replaced = std::any_of(extra.begin(), extra.end(), [&](const std::string& text) {
      return text.size() > name.size() && text[name.size()] == '=' &&
             text.compare(0, name.size(), name) == 0;
    });
    if (!replaced) merged.push_back(*entry);
  }
  for (const std::string& text : extra) merged.push_back(const_cast<char*>(text.c_str()));
  merged.push_back(nullptr);
  return merged;
}

// Whether only its number is left, or not even that.
bool HasEnded(pid_t pid) {
  siginfo_t info{};
  const int result = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  return result != 0 || info.si_pid == pid;
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(const Options& options) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // First out of the way of the targets, so that no dup2 overwrites a source still needed.
  std::vector<UniqueFd> copies;
  for (const auto& [ours, theirs] : options.fds) {
    copies.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, kAboveTargets));
    if (!copies.back().IsOpen()) {
      const int error = errno == EINVAL ? EMFILE : errno;  // the limit is below kAboveTargets
      posix_spawn_file_actions_destroy(&actions);
      return absl::ResourceExhaustedError(
          absl::StrCat("cannot start ", options.argv[0], ": ", WhyNoDescriptor(error)));
    }
    posix_spawn_file_actions_adddup2(&actions, copies.back().get(), theirs);
  }
  if (!options.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (options.new_session) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setflags(&attributes, flags);

  std::vector<char*> argv;
  for (const std::string& argument : options.argv) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<char*> environment = MergeEnvironment(options.extra_environment);

  ChildProcess child;
  child.is_guarded_ = options.guarded && options.new_session;
  if (child.is_guarded_) ChildGuard::Expect();
  const int error =
      ::posix_spawnp(&child.pid_, argv[0], &actions, &attributes, argv.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    if (child.is_guarded_) ChildGuard::Cancel();
    return absl::NotFoundError(
        absl::StrCat("cannot start ", options.argv[0], ": ", strerror(error)));
  }
  if (child.is_guarded_) ChildGuard::Add(child.pid_);
  PassOnDescriptorLimit(child.pid_);
  child.pidfd_.Reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
  return child;
}

void ChildProcess::Kill(int signal) const {
  if (pid_ > 0 && !status_) ::kill(is_guarded_ ? -pid_ : pid_, signal);
}

std::optional<int> ChildProcess::WaitUntil(std::chrono::steady_clock::time_point deadline) {
  if (pid_ <= 0) return 0;
  while (!status_) {
    int status = 0;
    const bool has_ended = HasEnded(pid_);
    if (has_ended && is_guarded_) ChildGuard::Remove(pid_);
    const pid_t waited = has_ended ? ::waitpid(pid_, &status, WNOHANG) : 0;
    if (waited == pid_) {
      status_ = status;
    } else if (waited < 0 && errno == ECHILD) {
      status_ = 0;  // somebody else in this process reaped it
    } else {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return std::nullopt;
      pollfd poll_fd{pidfd_.get(), POLLIN, 0};
      ::poll(&poll_fd, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1'000'000)));
    }
  }
  return status_;
}

std::string DescribeWaitStatus(int status) {
  if (WIFSIGNALED(status)) {
    return absl::StrCat("was killed by SIG", sigabbrev_np(WTERMSIG(status)));
  }
  return absl::StrCat("exited with code ", WEXITSTATUS(status));
}

}  // namespace muster
