#include "server/spawner/spawn_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "common/fault.h"
#include "common/pipe.h"
#include "server/spawner/frame.h"
#include "server/spawner/process_tree.h"
#include "server/spawner/supervisor.h"

namespace muster::server {
namespace {

// After the daemon's end every supervisor kills its tree at once; one that does not get so far is
// killed.
constexpr std::chrono::seconds kDrainTime{5};
constexpr int kOrphanPollMs = 5;
// Of a zygote: far longer than warm workers are kept, as its start takes some tens of milliseconds.
constexpr int kLongestIdleMs = 10 * 60 * 1000;
// In the place of that, for tests; ms.
constexpr char kIdleVariable[] = "MUSTER_ZYGOTE_IDLE";

// The numbers a zygote finds its descriptors at.
constexpr int kZygoteSocketFd = 3;
constexpr int kZygoteLifelineFd = 4;
constexpr int kZygoteGroupsFd = 5;  // only with --borrow-groups

int LongestIdleMs() {
  const char* given = ::getenv(kIdleVariable);
  const int time = given == nullptr ? 0 : ::atoi(given);
  return time > 0 ? time : kLongestIdleMs;
}

// In the place of a supervisor that there is not.
void SendStartFailure(int control, const std::string& step, int error) {
  ExecutionEnd end;
  end.how = ExecutionEnd::How::kStartFailed;
  end.step = step;
  end.code = error;
  const std::string frame = EncodeFrame(static_cast<std::uint8_t>(FrameType::kEnded), end.Encode());
  // Into an empty socket buffer: it is taken whole.
  [[maybe_unused]] const ssize_t sent =
      ::send(control, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

SpawnLoop::SpawnLoop(Sockets sockets, ChildBody body, ForkHooks hooks,
                     std::optional<SpawnerPart> spawner)
    : daemon_(std::move(sockets.daemon)),
      parent_(std::move(sockets.lifeline)),
      borrows_(std::move(sockets.groups)),
      body_(std::move(body)),
      hooks_(std::move(hooks)),
      spawner_(std::move(spawner)),
      longest_idle_ms_(spawner_ ? -1 : LongestIdleMs()),
      group_service_(groups_, [this](pid_t supervisor) {
        orphans_ = true;
        orphaned_groups_.insert(supervisor);
      }) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::signal(SIGPIPE, SIG_IGN);
  // The terminal's and the service manager's signals are the daemon's business; it ends us by its
  // socket.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  sigset_t mask;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &mask, nullptr);
  signals_.Reset(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  MakePipe(lifeline_read_, lifeline_write_);
  MakePipe(report_read_, report_write_, O_NONBLOCK);
  if (!borrows_.IsOpen()) groups_ = ControlGroups::Find();
}

void SpawnLoop::Run() {
  for (;;) {
    std::vector<pollfd> waiting = {{is_leaving_ ? -1 : daemon_.get(), POLLIN, 0},
                                   {parent_.get(), POLLIN, 0},
                                   {signals_.get(), POLLIN, 0},
                                   {report_read_.get(), POLLIN, 0}};
    group_service_.AddTo(waiting);
    const bool is_patient = !orphans_;
    const int ready = ::poll(waiting.data(), waiting.size(), Patience());
    if (ready < 0) continue;
    group_service_.Handle(waiting);
    ReadReports();
    Reap();
    if (waiting[1].revents != 0) break;
    if (waiting[0].revents != 0 && !HandleMessage()) break;
    if (ready == 0 && is_patient && IsIdle()) Leave();
    if (is_leaving_ && IsIdle()) break;
  }
  Drain();
}

int SpawnLoop::Patience() const { return orphans_ ? kOrphanPollMs : longest_idle_ms_; }

// What was left running on purpose counts: it is ours to know which that is.
bool SpawnLoop::IsIdle() const {
  return supervised_.empty() && !orphans_ && ChildrenOfSelf().empty();
}

// The daemon starts another zygote when there is something to do again. Nothing gets lost between
// the two: from the shutdown on its sends fail, and what came before is done here.
void SpawnLoop::Leave() {
  ::send(daemon_.get(), &kLeaves, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(daemon_.get(), SHUT_RD);
  is_leaving_ = true;
  while (HandleMessage()) {
  }
}

// False at end of file.
bool SpawnLoop::HandleMessage() {
  std::optional<FdMessage> message = ReceiveFdMessage(daemon_.get());
  if (!message) return errno == EAGAIN || errno == EINTR;
  if (message->bytes.empty()) return false;
  const bool until_gone = message->bytes.substr(1) == kUntilGone;
  switch (static_cast<SpawnCommand>(message->bytes[0])) {
    case SpawnCommand::kSupervise:
      if (message->fds.size() >= 3) StartSupervisor(std::move(message->fds), false, until_gone);
      break;
    case SpawnCommand::kSuperviseWithInput:
      if (message->fds.size() >= 4) StartSupervisor(std::move(message->fds), true, until_gone);
      break;
    case SpawnCommand::kWake:
      Wake();
      break;
    case SpawnCommand::kKill:
      KillSupervisor(
          static_cast<pid_t>(PayloadReader(std::string_view(message->bytes).substr(1)).U64()));
      break;
    case SpawnCommand::kStartZygote:
      if (const auto request = ZygoteRequest::Decode(std::string_view(message->bytes).substr(1));
          request && message->fds.size() == 1) {
        StartZygote(std::move(message->fds[0]), *request);
      }
      break;
  }
  return true;
}

void SpawnLoop::StartSupervisor(std::vector<UniqueFd> fds, bool has_input, bool until_gone) {
  hooks_.before();
  errno = EAGAIN;
  const pid_t pid = FaultAt("supervisor.fork") ? -1 : ::fork();
  if (pid != 0) {
    const int error = errno;
    hooks_.after_in_parent();
    if (pid > 0) {
      supervised_.insert(pid);
      if (until_gone) held_[pid] = std::move(fds[0]);
    } else {
      SendStartFailure(fds[0].get(), "fork its supervisor", error);
    }
    return;
  }
  // One that somebody stopped goes on when we die, and finds that out.
  ::prctl(PR_SET_PDEATHSIG, SIGCONT);
  daemon_.Reset();
  parent_.Reset();
  signals_.Reset();
  lifeline_write_.Reset();
  report_read_.Reset();
  held_.clear();
  Supervisor::Fds own;
  own.control = std::move(fds[0]);
  own.lifeline = std::move(lifeline_read_);
  own.report = std::move(report_write_);
  own.groups = std::move(borrows_);
  own.child.out = std::move(fds[1]);
  own.child.err = std::move(fds[2]);
  const std::size_t value = has_input ? 4 : 3;
  if (has_input) own.child.in = std::move(fds[3]);
  if (fds.size() > value) own.child.value = std::move(fds[value]);
  if (fds.size() > value + 1) own.child.more = std::move(fds[value + 1]);
  groups_.Forget();
  const SpawnerSettings* settings = spawner_ ? &spawner_->settings : nullptr;
  Supervisor(std::move(own), body_, groups_, settings).Run();
  ::_exit(0);
}

void SpawnLoop::StartZygote(UniqueFd socket, const ZygoteRequest& request) {
  if (!spawner_ || spawner_->zygote_program.empty()) return;
  UniqueFd groups;
  if (request.rights.user) groups = group_service_.AddZygote(*request.rights.user);
  const pid_t pid = ::fork();
  if (pid == 0) BecomeZygote(std::move(socket), std::move(groups), request);
  if (pid < 0) return;
  supervised_.insert(pid);
  zygotes_.insert(pid);
  // Its user's own code may run in it (.pth files): what that leaves behind goes with it. One with
  // our own rights makes groups itself.
  if (request.rights.user) {
    ControlGroup group;
    if (!group.Make(groups_, {}, pid)) group.Take(pid);
  }
}

// In the fork. What does not work is said in the zygote's place.
void SpawnLoop::BecomeZygote(UniqueFd socket, UniqueFd groups, const ZygoteRequest& request) {
  const auto fail = [&](const std::string& why, int error) {
    const std::string words = "E" + why + (error == 0 ? "" : std::string(": ") + ::strerror(error));
    ::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL);
    ::_exit(1);
  };
  if (const std::string why = spawner_->settings.WhyNot(request.rights); !why.empty()) fail(why, 0);
  std::optional<Account> account;
  if (request.rights.user) {
    account = AccountOf(*request.rights.user);
    if (!account) {
      fail("this machine knows no user " + std::to_string(*request.rights.user), 0);
    }
  }
  // What the zygote itself has to know, beside what its jobs may.
  SpawnerSettings settings = spawner_->settings;
  settings.passed_variables.insert(settings.passed_variables.end(),
                                   {"MUSTER_CGROUPS", "MUSTER_FAULT", kIdleVariable});
  if (const auto failure = BecomeJob(request.rights, account ? &*account : nullptr, &settings)) {
    fail(failure->step, failure->error);
  }
  ::prctl(PR_SET_PDEATHSIG,
          SIGCONT);  // as for a supervisor; now, as a change of the user undoes it
  if (account && ::chdir(account->home.c_str()) != 0 && ::chdir("/") != 0) fail("chdir", errno);
  // Through high numbers, so that neither dup2 overwrites a source.
  const int high_socket = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 16);
  const int high_lifeline = ::fcntl(lifeline_read_.get(), F_DUPFD_CLOEXEC, 16);
  // Who is not us any more may not make groups.
  const int high_groups = request.rights.user ? ::fcntl(groups.get(), F_DUPFD_CLOEXEC, 16) : -1;
  ::dup2(high_socket, kZygoteSocketFd);
  ::dup2(high_lifeline, kZygoteLifelineFd);
  if (high_groups >= 0) ::dup2(high_groups, kZygoteGroupsFd);
  if (request.rights.user) {
    // Our own are not for somebody else's code.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      ::dup2(nothing, standard);
    }
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const char* folder =
      request.environment_folder.empty() ? nullptr : request.environment_folder.c_str();
  ::execl(spawner_->zygote_program.c_str(), "clusterd-zygote",
          request.user_site ? "--user-site" : "--no-user-site",
          high_groups >= 0 ? "--borrow-groups" : "--own-groups", folder, nullptr);
  ::_exit(127);
}

// The daemon may not signal those that run as another user.
void SpawnLoop::Wake() const {
  for (const Process& process : Descendants(ChildrenOfSelf())) {
    // A job that takes on the name gets nothing but what it could give itself.
    if (supervised_.count(process.pid) != 0 || process.name == Supervisor::kName) {
      SignalProcess(process, SIGCONT);
    }
  }
}

// One that does not answer, whatever it is told.
void SpawnLoop::KillSupervisor(pid_t pid) {
  for (const Process& process : Descendants(ChildrenOfSelf())) {
    const bool is_meant = process.pid == pid && process.name == Supervisor::kName &&
                          (supervised_.count(pid) != 0 || zygotes_.count(process.parent) != 0);
    if (!is_meant) continue;
    KillTrees({process});
    orphaned_groups_.insert(pid);
    orphans_ = true;
  }
}

void SpawnLoop::ReadReports() {
  pid_t session = 0;
  while (::read(report_read_.get(), &session, sizeof(session)) == sizeof(session)) {
    left_sessions_.insert(session);
  }
}

void SpawnLoop::Reap() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof(info)) > 0) {
  }
  int status = 0;
  bool left_ended = false;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (supervised_.erase(pid) == 0) {
      left_ended = true;
      continue;
    }
    // A zygote's group may hold what its user's own code began there. Without groups nobody can
    // tell that from what its jobs were allowed to leave.
    const bool has_group = zygotes_.erase(pid) != 0 && groups_.CanKill();
    if (!has_group && WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    orphans_ = true;
    orphaned_groups_.insert(pid);
  }
  if (left_ended && !left_sessions_.empty()) ForgetEndedSessions();
  if (orphans_) {
    ContinueOrphans();
    ReadReports();  // whoever became our child after a natural end is named there already
    KillOrphans();
  }
  LetGo();
}

// The daemon hears that all of these is gone.
void SpawnLoop::LetGo() {
  if (orphans_) return;
  std::erase_if(held_, [this](const auto& held) { return supervised_.count(held.first) == 0; });
}

// Supervisors of a zygote that was killed come to us, and end by themselves; but not one that
// somebody stopped.
void SpawnLoop::ContinueOrphans() const {
  for (const Process& child : ChildrenOfSelf()) {
    if (supervised_.count(child.pid) == 0 && child.name == Supervisor::kName) {
      ::kill(child.pid, SIGCONT);
    }
  }
}

// The number of a session whose last process is gone is given out again: maybe to a command, whose
// tree must not be taken for what was left.
void SpawnLoop::ForgetEndedSessions() {
  std::set<pid_t> living;
  // Not only those below us: a walk of a tree misses whoever moves in it meanwhile.
  for (const Process& process : AllProcesses()) living.insert(process.session);
  std::erase_if(left_sessions_, [&](pid_t session) { return living.count(session) == 0; });
}

// Kills what supervisors that were killed have left: their control groups, or without those every
// child that is neither a supervisor nor in a session that was left running on purpose.
void SpawnLoop::KillOrphans() {
  std::vector<Process> orphans;
  // With control groups the group of the supervisor that was killed says who is meant, exactly.
  for (const Process& child : groups_.CanKill() ? std::vector<Process>() : ChildrenOfSelf()) {
    if (supervised_.count(child.pid) == 0 && left_sessions_.count(child.session) == 0) {
      orphans.push_back(child);
    }
  }
  KillTrees(orphans);
  std::erase_if(orphaned_groups_,
                [this](pid_t supervisor) { return groups_.EndGroupOf(supervisor); });
  orphans_ = !orphans.empty() || !orphaned_groups_.empty();
}

// The daemon is gone. Every supervisor sees that by itself, kills its tree and ends.
void SpawnLoop::Drain() {
  daemon_.Reset();
  lifeline_write_.Reset();
  // One that somebody stopped sees nothing.
  for (const pid_t pid : supervised_) ::kill(pid, SIGCONT);
  const auto deadline = std::chrono::steady_clock::now() + kDrainTime;
  while (!supervised_.empty() || orphans_) {
    if (std::chrono::steady_clock::now() > deadline) {
      for (const pid_t pid : supervised_) ::kill(pid, SIGKILL);
    }
    pollfd waiting{signals_.get(), POLLIN, 0};
    ::poll(&waiting, 1, orphans_ ? kOrphanPollMs : 100);
    ReadReports();
    Reap();
  }
  groups_.Remove();
}

}  // namespace muster::server
