#include "common/child_guard.h"

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "common/child_process.h"
#include "common/mutex.h"
#include "common/pipe.h"

namespace muster {
namespace {

// Lets go of what it inherited but the socket: who reads our output waits for no guard.
constexpr char kScript[] = R"(exec >/dev/null 2>&1
cd /
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%% "$group" *} ${groups#* "$group" }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
)";

// Our end of the socket; -1 while there is no guard. Apart from the rest for the fork that closes
// it: with a copy there the guard would not see our end.
std::atomic<int> our_end{-1};

struct Guard {
  Mutex mutex;
  ChildProcess shell MUSTER_GUARDED_BY(mutex);
  int expected MUSTER_GUARDED_BY(mutex) = 0;
  std::set<pid_t> groups MUSTER_GUARDED_BY(mutex);
};

Guard& TheGuard() {
  static auto* const guard = new Guard;  // tunnels of static objects may end after us
  return *guard;
}

// False in a fork: what is guarded is our parent's.
std::atomic<bool> is_ours{true};

void WatchForks() {
  static const int kIsWatching = ::pthread_atfork(nullptr, nullptr, [] {
    is_ours = false;
    if (const int end = our_end.exchange(-1); end >= 0) ::close(end);
  });
  static_cast<void>(kIsWatching);
}

void Start(Guard& guard) MUSTER_REQUIRES(guard.mutex) {
  WatchForks();
  UniqueFd ours, theirs;
  if (!MakeSocketPair(ours, theirs)) return;
  ChildProcess::Options options;
  options.argv = {"/bin/sh", "-c", kScript, "muster-guard"};
  options.fds = {{theirs.get(), STDIN_FILENO}};
  options.new_session = true;
  absl::StatusOr<ChildProcess> shell = ChildProcess::Start(options);
  if (!shell.ok()) return;
  guard.shell = *std::move(shell);
  our_end = ours.Release();
}

void EndUnlessNeeded(Guard& guard) MUSTER_REQUIRES(guard.mutex) {
  if (guard.expected > 0 || !guard.groups.empty()) return;
  guard.shell.Kill(SIGKILL);
  if (const int end = our_end.exchange(-1); end >= 0) ::close(end);
  guard.shell.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(1));
}

// A guard that stands still, or was killed, is waited for for a second and ended: what it knows
// would be wrong from now on, and a number that was given back may be somebody else's.
void Tell(Guard& guard, char sign, pid_t group) MUSTER_REQUIRES(guard.mutex) {
  if (our_end < 0) return;
  const std::string line = absl::StrCat(std::string(1, sign), " ", group, "\n");
  pollfd writable{our_end, POLLOUT, 0};
  ::poll(&writable, 1, 1000);
  const ssize_t sent = ::send(our_end, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(line.size())) guard.shell.Kill(SIGKILL);
}

}  // namespace

void ChildGuard::Expect() {
  if (!is_ours) return;
  Guard& guard = TheGuard();
  const MutexLock lock(guard.mutex);
  if (guard.expected == 0 && guard.groups.empty()) Start(guard);
  ++guard.expected;
}

void ChildGuard::Cancel() {
  if (!is_ours) return;
  Guard& guard = TheGuard();
  const MutexLock lock(guard.mutex);
  --guard.expected;
  EndUnlessNeeded(guard);
}

void ChildGuard::Add(pid_t group) {
  if (!is_ours) return;
  Guard& guard = TheGuard();
  const MutexLock lock(guard.mutex);
  --guard.expected;
  guard.groups.insert(group);
  Tell(guard, '+', group);
}

void ChildGuard::Remove(pid_t group) {
  if (!is_ours) return;
  Guard& guard = TheGuard();
  const MutexLock lock(guard.mutex);
  if (guard.groups.erase(group) == 0) return;
  Tell(guard, '-', group);
  EndUnlessNeeded(guard);
}

}  // namespace muster
