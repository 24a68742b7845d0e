#include "server/spawner/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "common/fault.h"
#include "common/limits.h"
#include "server/spawner/frame.h"
#include "server/spawner/job_environment.h"
#include "server/spawner/priority.h"

extern char** environ;

namespace muster::server {
namespace {

constexpr int kStatusFd = 4;
// Above every number that PrepareChild gives out.
constexpr int kParkingFd = 16;

void Place(const StartStatus& status, UniqueFd& fd, int target) {
  if (::dup2(fd.get(), target) < 0) status.Fail("dup2", errno);
}

// Out of the way of the numbers that are given out.
void Park(const StartStatus& status, UniqueFd& fd) {
  if (!fd.IsOpen()) return;
  const int parked = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kParkingFd);
  if (parked < 0) status.Fail("dup", errno);
  fd.Reset(parked);
}

void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The host's own limit holds where it is the smaller one.
void SetLimit(const StartStatus& status, decltype(RLIMIT_NOFILE) resource, const char* what,
              const std::optional<std::uint64_t>& value) {
  if (!value) return;
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) status.Fail(what, errno);
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, *value);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(resource, &limit) != 0) status.Fail(what, errno);
}

// A source too long for an argument becomes a script that only this process can open.
std::string MakeScript(const std::string& source, const StartStatus& status) {
  UniqueFd script(::memfd_create("muster-script", 0));
  if (!script.IsOpen()) status.Fail("memfd_create", errno);
  std::string_view rest = source;
  while (!rest.empty()) {
    const ssize_t written = ::write(script.get(), rest.data(), rest.size());
    if (written < 0) status.Fail("write the script", errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(script.get(), 0, SEEK_SET);
  return "/proc/self/fd/" + std::to_string(script.Release());
}

// Where the request says, else where the job's user is at home.
void ChangeDirectory(const LaunchRequest& request, const Account* account,
                     const StartStatus& status) {
  if (!request.directory.empty()) {
    if (::chdir(request.directory.c_str()) != 0) {
      status.Fail("change to the directory " + request.directory, errno);
    }
  } else if (account != nullptr && ::chdir(account->home.c_str()) != 0 && ::chdir("/") != 0) {
    status.Fail("change to the directory /", errno);
  }
}

}  // namespace

void StartStatus::Fail(const std::string& step, int error) const {
  const std::string payload =
      PayloadWriter().Bytes(step.substr(0, 1024)).U32(static_cast<std::uint32_t>(error)).payload();
  // Less than PIPE_BUF: written whole or not at all. Nobody is left to tell when it is not.
  [[maybe_unused]] const ssize_t written = ::write(fd_, payload.data(), payload.size());
  ::_exit(127);
}

void StartStatus::Succeed() const { ::close(fd_); }

std::optional<StartFailure> ReadStartStatus(int fd) {
  char buffer[2048];
  ssize_t size = 0;
  do {
    size = ::read(fd, buffer, sizeof(buffer));
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return std::nullopt;
  PayloadReader reader(std::string_view(buffer, static_cast<std::size_t>(size)));
  StartFailure failure;
  failure.step = reader.Bytes();
  failure.error = static_cast<int>(reader.U32());
  return failure;
}

std::optional<StartFailure> BecomeJob(const JobRights& rights, const Account* account,
                                      const SpawnerSettings* settings) {
  if (settings == nullptr) return std::nullopt;
  if (account != nullptr && FaultAt("rights")) {
    return StartFailure{"become user " + account->name, EPERM};
  }
  if (rights.is_confined) {
    // First: who is root sees all that has to stay allowed.
    if (auto failure = Confine(settings->hidden)) return failure;
  }
  KeepJobVariables(settings->passed_variables);
  if (account == nullptr) return std::nullopt;
  ::umask(022);
  SetUserVariables(*account);
  return BecomeUser(*account);
}

namespace {

// The descriptors at their numbers, and no others.
StartStatus PlaceDescriptors(ChildFds fds, UniqueFd status_fd) {
  const StartStatus early(status_fd.get());
  if (!fds.in.IsOpen()) {
    fds.in.Reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!fds.in.IsOpen()) early.Fail("open /dev/null", errno);
  }
  Park(early, fds.in);
  Park(early, fds.out);
  Park(early, fds.err);
  Park(early, fds.value);
  Park(early, fds.more);
  Place(early, fds.in, STDIN_FILENO);
  Place(early, fds.out, STDOUT_FILENO);
  Place(early, fds.err, STDERR_FILENO);
  ::close(kValueFd);
  if (fds.value.IsOpen()) Place(early, fds.value, kValueFd);
  if (::dup3(status_fd.get(), kStatusFd, O_CLOEXEC) < 0) early.Fail("dup3", errno);
  if (fds.more.IsOpen()) Place(early, fds.more, kMoreFd);
  const int last = fds.more.IsOpen() ? kMoreFd : kStatusFd;
  // Everything that came over fork, our own parked copies included.
  for (UniqueFd* fd : {&fds.in, &fds.out, &fds.err, &fds.value, &fds.more, &status_fd}) {
    fd->Release();
  }
  ::close_range(static_cast<unsigned>(last) + 1, ~0U, 0);
  return StartStatus(kStatusFd);
}

// The user that the rights name; empty: none.
std::optional<Account> FindAccount(const JobRights& rights, const SpawnerSettings* settings,
                                   const StartStatus& status) {
  if (settings == nullptr || !rights.user) return std::nullopt;
  auto account = AccountOf(*rights.user);
  if (!account) {
    status.Fail(
        "look up user " + std::to_string(*rights.user) + ", whom this machine does not know", 0);
  }
  return account;
}

}  // namespace

StartStatus PrepareChild(const LaunchRequest& request, const SpawnerSettings* settings,
                         ChildFds fds, UniqueFd status_fd) {
  Park(StartStatus(status_fd.get()), status_fd);
  const StartStatus early(status_fd.get());
  if (FaultAt("start")) early.Fail("start", EIO);
  for (const int door : fds.doors) {
    if (::write(door, "0", 1) != 1) early.Fail("enter its control group", errno);
  }
  if (::setsid() < 0) early.Fail("setsid", errno);
  ResetSignals();
  const StartStatus status = PlaceDescriptors(std::move(fds), std::move(status_fd));
  // Nothing of ours is left to look at, and some files in /proc are the user's own only now.
  ::prctl(PR_SET_DUMPABLE, 1);
  LowerPriority();
  const std::optional<Account> account = FindAccount(request.rights, settings, status);
  const Account* user = account ? &*account : nullptr;
  if (::isatty(STDOUT_FILENO) == 1) {
    if (::ioctl(STDOUT_FILENO, TIOCSCTTY, 0) != 0) status.Fail("take the terminal", errno);
    // A terminal belongs to who works at it.
    if (user != nullptr && ::fchown(STDOUT_FILENO, user->uid, user->gid) != 0) {
      status.Fail("own the terminal", errno);
    }
  }
  if (const auto failure = BecomeJob(request.rights, user, settings)) {
    status.Fail(failure->step, failure->error);
  }
  // The supervisor has one thread, so this fires when the supervisor ends. Not before: a change of
  // the user takes it away.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ChangeDirectory(request, user, status);
  for (const std::string& variable : request.environment) {
    const std::size_t equals = variable.find('=');
    if (::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1) != 0) {
      status.Fail("set the environment", errno);
    }
  }
  return status;
}

void LimitSelf(const LaunchRequest& request, const StartStatus& status) {
  SetLimit(status, RLIMIT_FSIZE, "limit the size of files", request.limits.file_size_bytes);
  SetLimit(status, RLIMIT_NOFILE, "limit open files", request.limits.open_files);
}

void ExecProgram(const LaunchRequest& request, const StartStatus& status) {
  std::vector<std::string> arguments = request.arguments;
  if (request.kind == LaunchRequest::Kind::kShell) {
    arguments = request.source.size() <= kMaxArgumentBytes
                    ? std::vector<std::string>{"sh", "-c", "--", request.source}
                    : std::vector<std::string>{"sh", MakeScript(request.source, status)};
  }
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const char* program = request.kind == LaunchRequest::Kind::kShell ? "/bin/sh" : argv[0];
  LimitSelf(request, status);  // last: a script is a file, too
  ::execvpe(program, argv.data(), environ);
  status.Fail("exec " + std::string(program), errno);
}

}  // namespace muster::server
