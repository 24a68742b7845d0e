#include "server/execution/session_shell.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "common/limits.h"
#include "common/pipe.h"
#include "server/execution/session_script.h"

namespace muster::server {
namespace {

// How long to wait for the end of the pipes when the shell has ended and something that it left
// behind still holds one of them.
constexpr std::chrono::milliseconds kSilence{2000};
// The kernel keeps no more than 64 KiB between the two ends of a terminal (tty_buffer.c); what
// comes after that was written later, by a background job.
constexpr std::uint64_t kMostInTerminal = 128u << 10;
// A report is shorter; what is longer is none.
constexpr std::size_t kMaxReportLine = 256;

}  // namespace

SessionShell::~SessionShell() {
  if (timer_) loop_.CancelTimer(*timer_);
}

std::optional<StartFailure> SessionShell::Launch(SpawnerClient& spawner,
                                                 const std::optional<Terminal>& terminal,
                                                 const Limits& limits, const Identity& identity,
                                                 std::vector<std::string> environment) {
  UniqueFd out, err, script_read, script_write, report_read, report_write;
  std::vector<UniqueFd> theirs(1);
  if (!MakeStreams(terminal, theirs, out, err) || !MakePipe(script_read, script_write) ||
      !MakePipe(report_read, report_write)) {
    return StartFailure{terminal ? "open a terminal" : "pipe", errno};
  }
  UniqueFd control_ours;
  if (!MakeSocketPair(control_ours, theirs[0])) return StartFailure{"socketpair", errno};
  theirs.push_back(std::move(script_read));
  theirs.push_back(std::move(report_write));
  if (!terminal) {
    UniqueFd input_read, input_write;
    if (!MakePipe(input_read, input_write)) return StartFailure{"pipe", errno};
    // Opened again, and not copied: ours does not block.
    input_.Reset(::open(absl::StrCat("/proc/self/fd/", input_read.get()).c_str(),
                        O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!input_.IsOpen()) return StartFailure{"open the pipe of the input", errno};
    theirs.push_back(std::move(input_read));
  }
  const absl::Status status = spawner.Supervise(nullptr, true, std::move(theirs));
  if (!status.ok()) return StartFailure{std::string(status.message()), 0};

  supervisor_ = std::make_unique<SupervisorLink>(
      loop_, std::move(control_ours), [this](const Frame& frame) { HandleFrame(frame); },
      [this] { HandleEnd(std::nullopt); });
  out_ = Read(std::move(out), OutputStream::kStdout);
  err_ = Read(std::move(err), OutputStream::kStderr);
  reports_ = std::make_unique<PipeReader>(
      loop_, std::move(report_read),
      [this](std::string_view data) { HandleReports(std::string(data)); }, [] {});
  script_ = std::make_unique<InputWriter>(loop_, [] {});
  script_->Start(std::move(script_write), false);
  LaunchRequest launch;
  launch.kind = LaunchRequest::Kind::kArgv;
  launch.arguments = SessionShellArguments();
  launch.rights = RightsOf(identity);
  launch.environment = std::move(environment);
  launch.grace = kDefaultGrace;
  launch.judges_limits = false;
  launch.limits = limits;
  supervisor_->Send(FrameType::kLaunch, launch.Encode());
  Say(SessionPrologue(terminal.has_value()));
  return std::nullopt;
}

// As for an execution: a terminal stands in for the pipes.
bool SessionShell::MakeStreams(const std::optional<Terminal>& terminal,
                               std::vector<UniqueFd>& theirs, UniqueFd& out, UniqueFd& err) {
  UniqueFd out_theirs, err_theirs;
  if (!MakePipe(err, err_theirs)) return false;
  if (terminal) {
    Pty pty;
    if (!OpenPty(terminal->size, pty)) return false;
    err_theirs.Reset(::fcntl(pty.slave.get(), F_DUPFD_CLOEXEC, 0));
    terminal_.Reset(::fcntl(pty.master.get(), F_DUPFD_CLOEXEC, 0));
    if (!err_theirs.IsOpen() || !terminal_.IsOpen()) return false;
    out_theirs = std::move(pty.slave);
    out = std::move(pty.master);
  } else if (!MakePipe(out, out_theirs)) {
    return false;
  }
  theirs.push_back(std::move(out_theirs));
  theirs.push_back(std::move(err_theirs));
  return true;
}

std::unique_ptr<PipeReader> SessionShell::Read(UniqueFd fd, OutputStream stream) {
  return std::make_unique<PipeReader>(
      loop_, std::move(fd),
      [this, stream](std::string_view data) { owner_.OnShellOutput(stream, std::string(data)); },
      [this] { CheckSilence(); });
}

void SessionShell::Say(const std::string& script) { script_->Write(script); }

void SessionShell::Signal(const SignalOrder& order) {
  supervisor_->Send(FrameType::kSignal, order.Encode());
}

void SessionShell::Stop(StopCause cause, std::chrono::milliseconds grace) {
  StopOrder order;
  order.cause = cause;
  order.grace = grace;
  supervisor_->Send(FrameType::kStop, order.Encode());
  script_->Close();  // a shell that waits for its next command ends at that
}

void SessionShell::Pause() {
  paused_ = true;
  out_->Pause();
  err_->Pause();
}

void SessionShell::Resume() {
  paused_ = false;
  out_->Resume();
  err_->Resume();
}

void SessionShell::MarkOutput() {
  out_mark_ = out_->bytes() + out_->Waiting();
  err_mark_ = err_->bytes() + err_->Waiting();
  settled_bytes_ = out_->bytes();
}

bool SessionShell::IsSettled() {
  if (paused_) return false;
  const std::uint64_t before = std::exchange(settled_bytes_, out_->bytes());
  if (before == settled_bytes_ && out_->Waiting() == 0) return true;
  return settled_bytes_ >= out_mark_ + kMostInTerminal;
}

bool SessionShell::IsReadToMark() const {
  return (out_->AtEnd() || out_->bytes() >= out_mark_) &&
         (err_->AtEnd() || err_->bytes() >= err_mark_);
}

void SessionShell::HandleReports(const std::string& data) {
  report_ += data;
  for (std::size_t end = 0; (end = report_.find('\n')) != std::string::npos;) {
    const std::string line = report_.substr(0, end);
    report_.erase(0, end + 1);
    owner_.OnShellReport(line);
  }
  if (report_.size() > kMaxReportLine) report_.clear();
}

void SessionShell::HandleFrame(const Frame& frame) {
  if (frame.type == static_cast<std::uint8_t>(FrameType::kStarted)) owner_.OnShellStarted();
  if (frame.type != static_cast<std::uint8_t>(FrameType::kEnded)) return;
  if (const std::optional<ExecutionEnd> end = ExecutionEnd::Decode(frame.payload)) HandleEnd(end);
}

void SessionShell::HandleEnd(const std::optional<ExecutionEnd>& end) {
  if (std::exchange(ended_, true)) return;
  script_->Close();
  owner_.OnShellEnd(end);
  WatchSilence();
  CheckSilence();
}

void SessionShell::CheckSilence() {
  if (!ended_ || silent_ || !out_->AtEnd() || !err_->AtEnd()) return;
  silent_ = true;
  owner_.OnShellSilent();
}

// Looks every kSilence; a slow reader is waited for, what a background job goes on writing is not.
void SessionShell::WatchSilence() {
  timer_ = loop_.After(kSilence, [this] {
    timer_.reset();
    if (silent_) return;
    if (paused_) {
      WatchSilence();
    } else {
      silent_ = true;
      owner_.OnShellSilent();
    }
  });
}

}  // namespace muster::server
