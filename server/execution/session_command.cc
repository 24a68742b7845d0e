#include "server/execution/session_command.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "server/execution/session.h"

namespace muster::server {
namespace {

// More than a pipe holds (pipe(7)).
constexpr int kMostPieces = 32;
constexpr std::size_t kPieceBytes = 64u << 10;

// What the command before has left unread is not for this one.
void Empty(int pipe) {
  std::string piece(kPieceBytes, '\0');
  for (int i = 0; i<kMostPieces&& ::read(pipe, piece.data(), piece.size())> 0; ++i) {
  }
}

}  // namespace

SessionCommand::SessionCommand(EventLoop& loop, ExecutionRequest request,
                               std::shared_ptr<ExecutionSink> sink,
                               std::shared_ptr<Session> session,
                               std::function<void(SessionCommand&)> on_finished)
    : loop_(loop),
      request_(std::move(request)),
      sink_(std::move(sink)),
      session_(std::move(session)),
      on_finished_(std::move(on_finished)) {
  if (request_.has_input) {
    input_ = std::make_unique<InputWriter>(loop_, [this] { sink_->OnInputTaken(); });
  }
  if (request_.launch.deadline) {
    deadline_ = loop_.After(*request_.launch.deadline, [this] {
      deadline_.reset();
      Stop(StopCause::kDeadline, std::nullopt, "");
    });
  }
}

void SessionCommand::Stop(StopCause cause, std::optional<std::chrono::milliseconds> grace,
                          std::string who) {
  if (state_ == State::kFinished) return;
  if (cause_ == StopCause::kNone) {
    cause_ = cause;
    who_ = std::move(who);
  }
  if (state_ == State::kQueued) {
    Finish(ExecutionEnd{}, "");
  } else {
    session_->StopCommand(grace.value_or(request_.launch.grace));
  }
}

void SessionCommand::Resume() {
  if (state_ == State::kRunning) session_->Resume();
}

void SessionCommand::Write(std::string data) {
  if (input_ != nullptr) {
    input_->Write(std::move(data));
  } else if (state_ != State::kFinished) {
    sink_->OnInputTaken();
  }
}

void SessionCommand::EndInput() {
  if (input_ != nullptr) input_->End();
}

void SessionCommand::Resize(const WindowSize& size) {
  if (input_ != nullptr) input_->Resize(size);
}

void SessionCommand::Signal(int signal) {
  if (state_ != State::kRunning) return;
  SignalOrder order;
  order.signal = signal;
  if (input_ != nullptr) order.group = input_->ForegroundGroup();
  // The shell itself hears SIGINT only, which ends the command; anything else would end the shell.
  if (signal != SIGINT) order.target = SignalOrder::Target::kBelow;
  session_->Signal(order);
}

bool SessionCommand::Begin(int terminal, int input) {
  state_ = State::kRunning;
  started_ = Clock::now();
  if (input_ == nullptr) return true;
  UniqueFd write;
  has_terminal_ = terminal >= 0;
  if (has_terminal_) {
    write.Reset(::fcntl(terminal, F_DUPFD_CLOEXEC, 0));
    if (!write.IsOpen()) return false;
    if (request_.terminal) input_->Resize(request_.terminal->size);
  } else {
    // Each command has an end of its own: closing it is the end of that command's input.
    Empty(input);
    write.Reset(::open(absl::StrCat("/proc/self/fd/", input).c_str(), O_WRONLY | O_CLOEXEC));
    if (!write.IsOpen()) return false;
  }
  input_->Start(std::move(write), has_terminal_);
  return true;
}

std::string SessionCommand::InputPath() const {
  if (input_ == nullptr) return "/dev/null";
  // Not the shell's own end: a program may set that not to block.
  return has_terminal_ ? "&6" : "/dev/fd/6";
}

bool SessionCommand::Give(OutputStream stream, std::string data) {
  if (const auto most = request_.launch.limits.output_bytes) {
    const std::uint64_t room = *most - stdout_bytes_ - stderr_bytes_;
    if (data.size() > room) {
      data.resize(room);
      limit_ = Limit::kOutput;
      Stop(StopCause::kLimit, std::nullopt, "");
    }
    if (data.empty()) return true;
  }
  (stream == OutputStream::kStdout ? stdout_bytes_ : stderr_bytes_) += data.size();
  return sink_->OnOutput(stream, std::move(data));
}

void SessionCommand::Finish(ExecutionEnd end, const std::string& words, const Limits& limits) {
  if (cause_ != StopCause::kNone) {
    end.cause = cause_;
    end.limit = limit_;
  }
  Outcome outcome = Judge(end, nullptr, who_, limits);
  if (outcome.kind == Outcome::Kind::kFailed && outcome.reason.empty() && !words.empty()) {
    outcome.reason = absl::StrCat("exit code ", outcome.exit_code);
  }
  if (!words.empty()) absl::StrAppend(&outcome.reason, outcome.reason.empty() ? "" : "; ", words);
  Conclude(std::move(outcome));
}

void SessionCommand::Finish(Outcome::Kind kind, std::string reason) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.reason = std::move(reason);
  Conclude(std::move(outcome));
}

void SessionCommand::Conclude(Outcome outcome) {
  if (state_ == State::kFinished) return;
  const auto self = shared_from_this();
  const auto microseconds = [](Clock::duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time);
  };
  if (state_ == State::kQueued) {
    started_ = Clock::now();
    session_->Drop(*this);
  } else {
    outcome.usage.wall = microseconds(Clock::now() - started_);
  }
  state_ = State::kFinished;
  if (deadline_) loop_.CancelTimer(*deadline_);
  deadline_.reset();
  outcome.usage.queued = microseconds(started_ - received_);
  outcome.usage.stdout_bytes = stdout_bytes_;
  outcome.usage.stderr_bytes = stderr_bytes_;
  if (input_ != nullptr) {
    outcome.usage.input_bytes = input_->bytes();
    input_->Close();  // the next command reads the same pipe
  }
  sink_->OnOutcome(std::move(outcome));
  on_finished_(*this);
  // The handlers of these may be what is running: they go when the loop is back.
  loop_.Post([input = std::shared_ptr<InputWriter>(std::move(input_)),
              session = std::move(session_), self] {});
}

}  // namespace muster::server
