#include "server/spawner/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "common/fault.h"
#include "server/spawner/group_service.h"
#include "server/spawner/priority.h"
#include "server/spawner/process_tree.h"

namespace muster::server {
namespace {

// SIGKILL was sent so long ago: whoever is still there will not go (a process in the kernel's D
// state).
constexpr std::chrono::seconds kUnkillableAfter{60};
// What is in a control group that was killed is gone by then, unless it hangs in the kernel.
constexpr std::chrono::milliseconds kTimeForGroup{300};
// How long a process that outlives a command's natural end has to leave its session.
constexpr std::chrono::milliseconds kTimeToLeave{300};
// How long to sleep between two looks at processes that were killed and are not gone yet.
constexpr std::chrono::nanoseconds kFirstKillPoll = std::chrono::milliseconds(1);
constexpr std::chrono::nanoseconds kLastKillPoll = std::chrono::milliseconds(50);

std::chrono::microseconds ToDuration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

void SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return;  // the daemon is gone; its end is noticed elsewhere
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void SendFrame(int fd, FrameType type, std::string_view payload) {
  if (FaultAt("frame.write")) return;
  SendAll(fd, EncodeFrame(static_cast<std::uint8_t>(type), payload));
}

}  // namespace

void Supervisor::Run() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, kName);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t mask;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &mask, nullptr);
  signals_.Reset(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));

  const std::optional<LaunchRequest> request = ReceiveLaunch();
  if (!request) return;
  SendFrame(fds_.control.get(), FrameType::kHere,
            PayloadWriter().U64(static_cast<std::uint64_t>(::getpid())).payload());
  Launch(*request);
  while (main_ > 0) {
    ObeyOrders();  // one may have come together with the launch
    Reap();
    Advance();
    if (main_ended_) {
      const bool done = stage_ == Stage::kRunning ? ClearSession() : !HasChildren();
      if (done || end_.how == ExecutionEnd::How::kUnkillable) break;
    }
    WaitForEvents();
  }
  ReportLeft();
  NameLimit();
  group_.Release();
  if (stage_ != Stage::kRunning) {
    end_.stop = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - stop_started_);
  }
  SendEnd();
}

std::optional<LaunchRequest> Supervisor::ReceiveLaunch() {
  for (;;) {
    if (const std::optional<Frame> frame = decoder_.Next()) {
      return LaunchRequest::Decode(frame->payload);
    }
    pollfd waiting[2] = {{fds_.control.get(), POLLIN, 0}, {fds_.lifeline.get(), POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0 && errno != EINTR) return std::nullopt;
    if (waiting[1].revents != 0) return std::nullopt;
    if (waiting[0].revents != 0 && (!ReceiveFrames() || decoder_.IsBroken())) return std::nullopt;
  }
}

// False at end of file.
bool Supervisor::ReceiveFrames() {
  char buffer[65536];
  const ssize_t size = ::recv(fds_.control.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
  if (size > 0) decoder_.Append(std::string_view(buffer, static_cast<std::size_t>(size)));
  return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

void Supervisor::Launch(const LaunchRequest& request) {
  grace_ = request.grace;
  limits_ = request.limits;
  leftovers_ = request.leftovers;
  started_ = Clock::now();
  if (request.deadline) deadline_ = started_ + *request.deadline;
  if (settings_ != nullptr) end_.step = settings_->WhyNot(request.rights);
  if (!end_.step.empty()) {
    end_.how = ExecutionEnd::How::kRefused;
    return;
  }
  std::optional<StartFailure> failure = fds_.groups.IsOpen()
                                            ? BorrowGroup(fds_.groups.get(), limits_, group_)
                                            : group_.Make(groups_, limits_, ::getpid());
  fds_.groups.Reset();
  const bool is_refused = failure && failure->error == 0;
  if (!failure) failure = Fork(request);
  if (failure) {
    end_.how = is_refused ? ExecutionEnd::How::kRefused : ExecutionEnd::How::kStartFailed;
    end_.step = failure->step;
    end_.code = failure->error;
    main_ = 0;
    return;
  }
  judges_limits_ = request.judges_limits;
  if (judges_limits_) limit_watch_.Start(limits_);
  SendFrame(fds_.control.get(), FrameType::kStarted, "");
}

std::optional<StartFailure> Supervisor::Fork(const LaunchRequest& request) {
  int status[2];
  if (::pipe2(status, O_CLOEXEC) != 0) return StartFailure{"pipe", errno};
  UniqueFd status_read(status[0]);
  UniqueFd status_write(status[1]);
  fds_.child.doors = group_.doors();
  input_watch_.SetInput(fds_.child.in.get());
  errno = EAGAIN;
  main_ = FaultAt("fork") ? -1 : ::fork();
  if (main_ == 0) {
    body_(request,
          PrepareChild(request, settings_, std::move(fds_.child), std::move(status_write)));
    ::_exit(127);
  }
  const int fork_error = errno;
  status_write.Reset();
  fds_.child = {};
  group_.CloseDoors();
  if (main_ < 0) return StartFailure{"fork", fork_error};
  std::optional<StartFailure> failure = ReadStartStatus(status_read.get());
  if (failure) ::waitpid(main_, nullptr, 0);
  return failure;
}

void Supervisor::WaitForEvents() {
  std::optional<Clock::time_point> wake;
  switch (stage_) {
    case Stage::kRunning:
      if (main_ended_) {
        wake = Clock::now() + kFirstKillPoll;  // ClearSession is at work
      } else {
        wake = deadline_;
        for (const auto& look : {limit_watch_.next_look(), input_watch_.next_look()}) {
          if (look) wake = std::min(wake.value_or(*look), *look);
        }
      }
      break;
    case Stage::kInterrupted:
      wake = stop_started_ + grace_ / 2;
      break;
    case Stage::kTerminated:
      wake = stop_started_ + grace_;
      break;
    case Stage::kKilled:
      wake = Clock::now() + std::clamp<std::chrono::nanoseconds>((Clock::now() - killed_) / 4,
                                                                 kFirstKillPoll, kLastKillPoll);
      break;
  }
  timespec timeout{};
  if (wake) {
    const auto left = std::max(Clock::duration::zero(), *wake - Clock::now());
    timeout.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
    timeout.tv_nsec = (std::chrono::nanoseconds(left) % std::chrono::seconds(1)).count();
  }
  // A daemon that is gone has been heard once; its socket would wake us for ever.
  const int watched = daemon_gone_ ? -1 : fds_.control.get();
  const int parent = daemon_gone_ ? -1 : fds_.lifeline.get();
  // Once a stop is under way its own times count.
  const int events = stage_ == Stage::kRunning && judges_limits_ ? group_.process_events_fd() : -1;
  pollfd waiting[4] = {
      {signals_.get(), POLLIN, 0}, {watched, POLLIN, 0}, {parent, POLLIN, 0}, {events, POLLPRI, 0}};
  if (::ppoll(waiting, 4, wake ? &timeout : nullptr, nullptr) <= 0) return;
  if (waiting[0].revents != 0) {
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof(info)) > 0) {
    }
  }
  bool gone = waiting[2].revents != 0;
  if (waiting[1].revents != 0) gone |= !ReceiveFrames();
  if (gone) {
    daemon_gone_ = true;
    Stop(StopCause::kClientGone, std::chrono::milliseconds(0));
  }
}

void Supervisor::ObeyOrders() {
  std::string delivered;  // a signal that is pending is not pending twice
  while (const std::optional<Frame> frame = decoder_.Next()) {
    if (frame->type == static_cast<std::uint8_t>(FrameType::kSignal)) {
      const auto order = SignalOrder::Decode(frame->payload);
      if (order && frame->payload != delivered) Deliver(*order);
      delivered = frame->payload;
      continue;
    }
    if (frame->type == static_cast<std::uint8_t>(FrameType::kInterrupt)) Interrupt();
    if (frame->type == static_cast<std::uint8_t>(FrameType::kWatchInput)) input_watch_.Start();
    if (frame->type != static_cast<std::uint8_t>(FrameType::kStop)) continue;
    if (const std::optional<StopOrder> order = StopOrder::Decode(frame->payload)) {
      Stop(order->cause, order->grace.value_or(grace_), order->limit, order->since);
    }
  }
}

// The first cause stays the verdict; a later order may only hurry.
void Supervisor::Stop(StopCause cause, std::chrono::milliseconds grace, Limit limit,
                      std::chrono::milliseconds since) {
  // It ended by itself before; but what it left behind does not escape its limits.
  if (main_ended_ && stage_ == Stage::kRunning && cause != StopCause::kLimit) return;
  if (stage_ != Stage::kRunning) {
    grace_ = std::min(grace_, grace);
    return;
  }
  end_.cause = cause;
  end_.limit = limit;
  grace_ = grace;
  stop_started_ = Clock::now() - since;
  stage_ = Stage::kInterrupted;
  if (grace_.count() > 0 && since.count() == 0 && !main_ended_) ::kill(-main_, SIGINT);
}

// Once kill(2) is back, the signal waits for them: whoever hears of it may send what must not be
// hit by it.
void Supervisor::Interrupt() {
  if (stage_ == Stage::kRunning && !main_ended_) ::kill(-main_, SIGINT);
  SendFrame(fds_.control.get(), FrameType::kInterrupted, "");
}

// Moves the stop on as its clock says.
void Supervisor::Advance() {
  const auto now = Clock::now();
  if (stage_ == Stage::kRunning && !main_ended_ && deadline_ && now >= *deadline_) {
    Stop(StopCause::kDeadline, grace_);
  }
  if (stage_ == Stage::kRunning) TellWaiting(input_watch_.Look(now));
  if (stage_ == Stage::kRunning) {
    const Limit reached = limit_watch_.Look(group_, end_.cpu);
    if (reached != Limit::kNone) Stop(StopCause::kLimit, grace_, reached);
  }
  // At half of the grace, or as soon as there is only what the main process left behind.
  if (stage_ == Stage::kInterrupted && (main_ended_ || now >= stop_started_ + grace_ / 2)) {
    if (grace_.count() > 0) Signal(SIGTERM);
    stage_ = Stage::kTerminated;
  }
  if (stage_ == Stage::kTerminated && now >= stop_started_ + grace_) {
    stage_ = Stage::kKilled;
    killed_ = now;
  }
  if (stage_ == Stage::kKilled) KillAll(now);
}

void Supervisor::TellWaiting(InputWatch::Answer answer) {
  if (answer == InputWatch::Answer::kNo) return;
  const bool is_certain = answer == InputWatch::Answer::kWaiting;
  SendFrame(fds_.control.get(), FrameType::kWaiting,
            PayloadWriter().U8(is_certain ? 1 : 0).payload());
}

void Supervisor::KillAll(Clock::time_point now) {
  if (FaultAt("kill")) return;
  // The walk is for hosts without groups, and for whoever left the group.
  if (!group_.Kill() || now >= killed_ + kTimeForGroup) KillTrees(ChildrenOfSelf());
  Reap();
  if (now >= killed_ + kUnkillableAfter) {
    for (const Process& process : Descendants(ChildrenOfSelf())) end_.pid = process.pid;
    if (end_.pid != 0) end_.how = ExecutionEnd::How::kUnkillable;
    main_ended_ = true;
  }
}

void Supervisor::Signal(int signal) {
  for (const Process& process : Descendants(ChildrenOfSelf())) {
    SignalProcess(process, signal);
    SignalProcess(process, SIGCONT);  // a stopped process would not hear it
  }
}

// What a user sends to the program, or a session to what runs in it. The main process's number is
// its own until Reap, so nobody else's process is hit in its place.
void Supervisor::Deliver(const SignalOrder& order) {
  if (main_ended_) return;
  if (order.target == SignalOrder::Target::kGroup) {
    // The foreground group of the terminal: one of this tree, for it is the session's own.
    ::kill(-static_cast<pid_t>(order.group > 1 ? order.group : main_), order.signal);
    return;
  }
  for (const Process& process : Descendants(ChildrenOfSelf())) {
    if (process.pid != main_) SignalProcess(process, order.signal);
  }
}

void Supervisor::Reap() {
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t pid = ::wait4(-1, &status, WNOHANG, &usage);
    if (pid <= 0) return;
    end_.cpu += ToDuration(usage.ru_utime) + ToDuration(usage.ru_stime);
    end_.peak_memory_bytes =
        std::max(end_.peak_memory_bytes, static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
    if (stage_ != Stage::kRunning) ++end_.reaped;
    if (pid != main_) continue;
    main_ended_ = true;
    main_ended_at_ = Clock::now();
    end_.wall = std::chrono::duration_cast<std::chrono::microseconds>(main_ended_at_ - started_);
    end_.how = WIFSIGNALED(status) ? ExecutionEnd::How::kSignalled : ExecutionEnd::How::kExited;
    end_.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }
}

bool Supervisor::HasChildren() {
  siginfo_t info;
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

bool Supervisor::ClearSession() {
  if (!HasChildren()) return true;
  // daemon(3) forks, its parent exits, and only then does the child leave the session: wait for it.
  // A command that was killed did not mean to leave anything: then all of it goes.
  const bool takes_all =
      end_.how == ExecutionEnd::How::kSignalled || leftovers_ == LaunchRequest::Leftovers::kReap;
  if (!takes_all && leftovers_ == LaunchRequest::Leftovers::kKeep) return true;
  const auto is_ours = [&](const Process& process) {
    return takes_all || process.session == main_;
  };
  const std::vector<Process> there = Descendants(ChildrenOfSelf());
  if (!takes_all && std::any_of(there.begin(), there.end(), is_ours) &&
      Clock::now() < main_ended_at_ + kTimeToLeave) {
    return false;
  }
  std::set<pid_t> killed = KillTrees(ChildrenOfSelf(), is_ours);
  const bool cleared = killed.empty();
  cleared_.merge(killed);
  end_.reaped = static_cast<std::uint32_t>(cleared_.size());
  return cleared;
}

// Tells the parent which sessions it inherits and must leave alone.
void Supervisor::ReportLeft() {
  if (stage_ != Stage::kRunning) return;
  std::set<pid_t> sessions;
  for (const Process& process : Descendants(ChildrenOfSelf())) {
    sessions.insert(process.session);
    RestorePriority(process.pid);
    ++end_.left;
  }
  for (const pid_t session : sessions) {
    [[maybe_unused]] const ssize_t written = ::write(fds_.report.get(), &session, sizeof(session));
  }
}

void Supervisor::NameLimit() {
  if (end_.cause != StopCause::kNone || !judges_limits_) return;
  const bool failed = end_.how == ExecutionEnd::How::kSignalled || end_.code != 0;
  // A shell says 128 and the signal that its last command died of.
  const bool was_too_large =
      end_.code == (end_.how == ExecutionEnd::How::kSignalled ? SIGXFSZ : 128 + SIGXFSZ);
  if (group_.RanOutOfMemory() && (failed || limits_.memory_bytes)) {
    end_.limit = Limit::kMemory;
  } else if (group_.HitProcessLimit()) {
    end_.limit = Limit::kProcesses;
  } else if (limits_.file_size_bytes && was_too_large) {
    end_.limit = Limit::kFileSize;
  }
}

void Supervisor::SendEnd() {
  if (!daemon_gone_) SendFrame(fds_.control.get(), FrameType::kEnded, end_.Encode());
}

}  // namespace muster::server
