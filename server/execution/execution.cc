#include "server/execution/execution.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/fault.h"
#include "common/pipe.h"
#include "server/execution/python_report.h"
#include "server/spawner/signal_order.h"

namespace muster::server {
namespace {

// An execution that is not started by then has a helper that was stopped.
constexpr std::chrono::milliseconds kStartTime{2000};
// After the grace of a stop: a supervisor that has said nothing by then will not. It says itself
// that something is unkillable, after 60 s.
constexpr std::chrono::seconds kUnheard{70};

}  // namespace

Execution::Execution(EventLoop& loop, ExecutionRequest request, std::shared_ptr<ExecutionSink> sink,
                     std::function<void(Execution&)> on_finished)
    : loop_(loop),
      request_(std::move(request)),
      sink_(std::move(sink)),
      on_finished_(std::move(on_finished)) {
  if (request_.has_input) {
    input_ = std::make_unique<InputWriter>(loop_, [this] {
      WatchInput();
      sink_->OnInputTaken();
    });
  }
  if (request_.launch.deadline) {
    timer_ = loop_.After(*request_.launch.deadline, [this] {
      timer_.reset();
      Stop(StopCause::kDeadline, std::nullopt, "");
    });
  }
}

void Execution::Start(SpawnerClient& spawner) {
  const auto self = shared_from_this();
  started_ = Clock::now();
  if (request_.launch.deadline) {
    overdue_ = received_ + *request_.launch.deadline + request_.launch.grace + kUnheard;
  }
  state_ = State::kRunning;
  if (timer_) loop_.CancelTimer(*timer_);
  timer_.reset();
  spawner_ = &spawner;
  if (const std::optional<StartFailure> failure = Launch(spawner)) {
    ExecutionEnd end;
    end.how = ExecutionEnd::How::kStartFailed;
    end.step = failure->step;
    end.code = failure->error;
    Finish(Judge(end, nullptr, "", {}));
  } else {
    WatchHelpers(kStartTime);
  }
}

void Execution::StartWithSlots(SpawnerClient& spawner, std::vector<std::string> environment,
                               OnGone on_gone) {
  slot_environment_ = std::move(environment);
  on_gone_ = std::move(on_gone);
  Start(spawner);
}

// The supervisor keeps the time; but somebody may have stopped it, or the spawner.
void Execution::WatchHelpers(std::chrono::milliseconds delay) {
  timer_ = loop_.After(delay, [this] {
    timer_.reset();
    WakeHelpers();
    if (overdue_ && Clock::now() > *overdue_ && supervisor_pid_ > 0) {
      spawner_->KillSupervisor(supervisor_pid_);
    }
    if (!launched_ || stopping_) {
      WatchHelpers(kStartTime);
    } else if (request_.launch.deadline) {
      const auto passed = std::chrono::floor<std::chrono::milliseconds>(Clock::now() - received_);
      // At the deadline, then now and then.
      WatchHelpers(std::max(kStartTime, *request_.launch.deadline - passed));
    }
  });
}

std::optional<StartFailure> Execution::Launch(SpawnerClient& spawner) {
  if (FaultAt("pipe")) return StartFailure{"pipe", EMFILE};
  UniqueFd out_read, out_write, err_read, err_write, value_read, value_write;
  if (!MakePipe(out_read, out_write) || !MakePipe(err_read, err_write) ||
      (IsPython() && !MakePipe(value_read, value_write))) {
    return StartFailure{"pipe", errno};
  }
  UniqueFd in_theirs;
  if (input_ != nullptr && !MakeInput(in_theirs, out_write, err_write, out_read)) {
    return StartFailure{request_.terminal ? "open a terminal" : "pipe", errno};
  }
  UniqueFd control_ours;
  std::vector<UniqueFd> theirs(1);
  if (!MakeSocketPair(control_ours, theirs[0])) return StartFailure{"socketpair", errno};
  theirs.push_back(std::move(out_write));
  theirs.push_back(std::move(err_write));
  if (in_theirs.IsOpen()) theirs.push_back(std::move(in_theirs));
  if (IsPython()) theirs.push_back(std::move(value_write));
  const absl::Status status = spawner.Supervise(IsPython() ? request_.identity.get() : nullptr,
                                                input_ != nullptr, std::move(theirs), HasSlots());
  if (!status.ok()) return StartFailure{std::string(status.message()), 0};

  supervisor_ = std::make_unique<SupervisorLink>(
      loop_, std::move(control_ours), [this](const Frame& frame) { HandleFrame(frame); },
      [this] { HandleSupervisorGone(); });
  out_ = ReadFrom(std::move(out_read), OutputStream::kStdout);
  err_ = ReadFrom(std::move(err_read), OutputStream::kStderr);
  if (IsPython()) value_ = ReadFrom(std::move(value_read), OutputStream::kValue);

  LaunchRequest launch = request_.launch;
  launch.environment.insert(launch.environment.end(), slot_environment_.begin(),
                            slot_environment_.end());
  if (launch.deadline) {
    // It counts from receipt, the wait for a worker included.
    const auto waited = std::chrono::floor<std::chrono::milliseconds>(started_ - received_);
    launch.deadline = std::max(std::chrono::milliseconds(0), *launch.deadline - waited);
  }
  supervisor_->Send(FrameType::kLaunch, launch.Encode());
  WatchInput();
  return std::nullopt;
}

// The supervisor's answer speaks of what is in the pipe by now.
void Execution::WatchInput() {
  if (!request_.tells_waiting || state_ != State::kRunning || supervisor_ == nullptr) return;
  supervisor_->Send(FrameType::kWatchInput, "");
}

// A terminal is all three of its streams, and stands in for the pipes: stderr's is then at its end
// from the beginning.
bool Execution::MakeInput(UniqueFd& theirs, UniqueFd& out_theirs, UniqueFd& err_theirs,
                          UniqueFd& out_ours) {
  UniqueFd ours;
  if (request_.terminal) {
    Pty pty;
    if (!OpenPty(request_.terminal->size, pty)) return false;
    out_theirs.Reset(::fcntl(pty.slave.get(), F_DUPFD_CLOEXEC, 0));
    err_theirs.Reset(::fcntl(pty.slave.get(), F_DUPFD_CLOEXEC, 0));
    // Two numbers, so that the loop may wait for each direction by itself.
    ours.Reset(::fcntl(pty.master.get(), F_DUPFD_CLOEXEC, 0));
    theirs = std::move(pty.slave);
    out_ours = std::move(pty.master);
    if (!ours.IsOpen() || !out_theirs.IsOpen() || !err_theirs.IsOpen()) return false;
  } else if (!MakePipe(theirs, ours)) {
    return false;
  }
  input_->Start(std::move(ours), request_.terminal.has_value());
  return true;
}

std::unique_ptr<PipeReader> Execution::ReadFrom(UniqueFd fd, OutputStream stream) {
  return std::make_unique<PipeReader>(
      loop_, std::move(fd), [this, stream](std::string_view data) { HandleOutput(stream, data); },
      [this] { FinishWhenDrained(); });
}

// Whoever may wait, and has begun a line and not ended it, has asked something.
void Execution::HandleWaiting(bool is_certain) {
  if (is_certain || (last_byte_ != '\n' && last_byte_ != '\0')) {
    sink_->OnWaiting();
  } else {
    WatchInput();
  }
}

void Execution::HandleOutput(OutputStream stream, std::string_view data) {
  if (stream != OutputStream::kValue) {
    Give(stream, std::string(data));
    return;
  }
  value_frames_.Append(data);
  while (std::optional<Frame> frame = value_frames_.Next()) HandleWorkerFrame(*std::move(frame));
  if (value_frames_.IsBroken() && !result_.broken) {
    result_.broken = true;
    Stop(StopCause::kCancel, std::chrono::milliseconds(0), "by clusterd");
  }
}

void Execution::HandleWorkerFrame(Frame frame) {
  PayloadReader reader(frame.payload);
  switch (static_cast<FrameType>(frame.type)) {
    case FrameType::kValue:
      if (!frame.payload.empty()) Give(OutputStream::kValue, std::move(frame.payload));
      break;
    case FrameType::kException:
      result_.exception = ReadException(frame.payload);
      break;
    case FrameType::kDone:
      result_.done = true;
      result_.has_value = reader.U8() != 0;
      result_.value_is_data = reader.U8() != 0;
      break;
    default:
      result_.broken = true;
      Stop(StopCause::kCancel, std::chrono::milliseconds(0), "by clusterd");
  }
}

void Execution::Measure(OutputStream stream, std::string& data) {
  if (stream == OutputStream::kValue) return;
  if (const auto limit = request_.launch.limits.output_bytes) {
    const std::uint64_t room = *limit - stdout_bytes_ - stderr_bytes_;
    if (data.size() > room) {
      data.resize(room);
      cuts_output_ = true;
      StopOrder order;
      order.cause = StopCause::kLimit;
      order.limit = Limit::kOutput;
      if (!stopping_) Order(order);
    }
  }
  (stream == OutputStream::kStdout ? stdout_bytes_ : stderr_bytes_) += data.size();
}

void Execution::Give(OutputStream stream, std::string data) {
  Measure(stream, data);
  if (data.empty()) return;
  if (stream != OutputStream::kValue) last_byte_ = data.back();
  if (sink_->OnOutput(stream, std::move(data)) || paused_) return;
  paused_ = true;
  for (PipeReader* pipe : {out_.get(), err_.get(), value_.get()}) {
    if (pipe != nullptr) pipe->Pause();
  }
}

void Execution::Resume() {
  if (!paused_) return;
  paused_ = false;
  for (PipeReader* pipe : {out_.get(), err_.get(), value_.get()}) {
    if (pipe != nullptr) pipe->Resume();
  }
}

void Execution::Stop(StopCause cause, std::optional<std::chrono::milliseconds> grace,
                     std::string who) {
  switch (state_) {
    case State::kQueued: {
      ExecutionEnd end;
      end.cause = cause;
      Finish(Judge(end, nullptr, who, {}));
      break;
    }
    case State::kRunning: {
      if (who_.empty()) who_ = std::move(who);
      StopOrder order;
      order.cause = cause;
      order.grace = grace;
      Order(order);
      break;
    }
    case State::kDraining:
      // The command has ended; only its last output is waited for, and nobody wants that any more.
      if (cause == StopCause::kClientGone || cause == StopCause::kDrain) Conclude();
      break;
    case State::kFinished:
      break;
  }
}

void Execution::Order(const StopOrder& order) {
  stopping_ = true;
  if (state_ != State::kRunning) return;
  if (!overdue_) overdue_ = Clock::now() + request_.launch.grace + kUnheard;
  if (!timer_) WatchHelpers(kStartTime);
  supervisor_->Send(FrameType::kStop, order.Encode());
  WakeHelpers();
}

void Execution::WakeHelpers() const {
  spawner_->Wake();
  if (supervisor_pid_ > 0) ::kill(supervisor_pid_, SIGCONT);
}

void Execution::Write(std::string data) {
  if (input_ != nullptr) {
    input_->Write(std::move(data));
  } else if (state_ != State::kFinished) {
    sink_->OnInputTaken();
  }
}

void Execution::EndInput() {
  if (input_ != nullptr) input_->End();
}

void Execution::Resize(const WindowSize& size) {
  if (input_ != nullptr) input_->Resize(size);
}

void Execution::Signal(int signal) {
  if (state_ != State::kRunning) return;
  SignalOrder order;
  order.signal = signal;
  if (input_ != nullptr) order.group = input_->ForegroundGroup();
  supervisor_->Send(FrameType::kSignal, order.Encode());
}

void Execution::HandleFrame(const Frame& frame) {
  if (frame.type == static_cast<std::uint8_t>(FrameType::kStarted)) launched_ = true;
  if (frame.type == static_cast<std::uint8_t>(FrameType::kHere)) {
    supervisor_pid_ = static_cast<pid_t>(PayloadReader(frame.payload).U64());
  }
  if (frame.type == static_cast<std::uint8_t>(FrameType::kWaiting) && !stopping_) {
    HandleWaiting(PayloadReader(frame.payload).U8() != 0);
  }
  if (frame.type != static_cast<std::uint8_t>(FrameType::kEnded) || end_) return;
  if (const std::optional<ExecutionEnd> end = ExecutionEnd::Decode(frame.payload)) HandleEnd(*end);
}

}  // namespace muster::server
