#include "server/execution/session.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <signal.h>
#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "common/limits.h"
#include "server/execution/session_script.h"

namespace muster::server {
namespace {

constexpr std::size_t kMarkerBytes = 16;
// What a program wrote into a terminal passes through a queue of the kernel's on its way to us.
constexpr std::chrono::milliseconds kSettleTime{10};
// Between two looks at a shell that may have fallen silent.
constexpr std::chrono::milliseconds kWatchTime{250};

std::string NewMarker() {
  char bytes[kMarkerBytes];
  if (::getrandom(bytes, sizeof(bytes), 0) != static_cast<ssize_t>(sizeof(bytes))) return "";
  return absl::StrCat("m", absl::BytesToHexString(absl::string_view(bytes, sizeof(bytes))));
}

}  // namespace

Session::Session(EventLoop& loop, SessionKey key, std::optional<Terminal> terminal,
                 const Rules& rules, Events events)
    : NamedSession(loop, SessionKind::kShell, std::move(key), rules, std::move(events)),
      terminal_(std::move(terminal)),
      shell_(loop, *this) {}

Session::~Session() {
  for (const auto& timer : {timer_, watch_timer_}) {
    if (timer) loop().CancelTimer(*timer);
  }
}

std::optional<StartFailure> Session::Start(SpawnerClient& spawner,
                                           std::vector<std::string> environment) {
  auto failure =
      shell_.Launch(spawner, terminal_, limits(), key().identity, std::move(environment));
  if (!failure) Next();
  return failure;
}

bool Session::Run(std::shared_ptr<SessionCommand> command) {
  std::size_t bytes = command->request().launch.source.size();
  for (const auto& waits : waiting_) bytes += waits->request().launch.source.size();
  if (waiting_.size() >= kMostWaiting || bytes > kMostWaitingBytes) return false;
  waiting_.push_back(std::move(command));
  Next();
  return true;
}

void Session::Next() {
  if (current_ != nullptr || !takes()) return;
  if (waiting_.empty()) {
    // What background jobs write waits for the next command.
    shell_.Pause();
    BeginIdle();
    return;
  }
  EndIdle();
  current_ = std::move(waiting_.front());
  waiting_.pop_front();
  marker_ = NewMarker();
  progress_ = Progress::kSent;
  stop_started_.reset();
  was_terminated_ = was_killed_ = settles_ = false;
  if (!current_->Begin(shell_.terminal(), shell_.input()) || marker_.empty()) {
    ExecutionEnd end;
    end.how = ExecutionEnd::How::kStartFailed;
    end.step = "give the command its input";
    end.code = errno;
    FinishCurrent([&](SessionCommand& command) { command.Finish(end, ""); });
    return;
  }
  const LaunchRequest& launch = current_->request().launch;
  shell_.Say(
      WriteSessionScript({launch.source, marker_, launch.environment, current_->InputPath()}));
  shell_.Resume();
  WatchShell(false);
}

// A command may have left the shell unable to report: `set -n`, no descriptors, a broken line on
// its own channel. `before`: it looked like that the last time, too; a report may have been on its
// way.
void Session::WatchShell(bool before) {
  watch_timer_ = loop().After(kWatchTime, [this, before] {
    watch_timer_.reset();
    const bool now = progress_ != Progress::kReported && !stop_started_ && shell_.HasReadAll();
    if (!now || !before) {
      WatchShell(now);
      return;
    }
    is_mute_ = was_killed_ = true;
    RefuseWaiting();
    shell_.Stop(StopCause::kCancel, std::chrono::milliseconds(0));
  });
}

void Session::OnShellOutput(OutputStream stream, std::string data) {
  if (current_ == nullptr) return;  // the session is ending
  if (!current_->Give(stream, std::move(data))) shell_.Pause();
  FinishWhenRead();
}

void Session::OnShellReport(const std::string& line) {
  if (current_ == nullptr || progress_ == Progress::kReported) return;
  const std::optional<SessionReport> report = ReadSessionReport(line, marker_);
  if (!report) return;
  if (!report->status) {
    progress_ = Progress::kBegun;
    if (stop_started_) Interrupt();
    return;
  }
  progress_ = Progress::kReported;
  status_ = *report->status;
  if (timer_) loop().CancelTimer(*timer_);
  timer_.reset();
  shell_.MarkOutput();
  settles_ = terminal_.has_value();
  if (settles_) Settle();
  FinishWhenRead();
}

void Session::Settle() {
  timer_ = loop().After(kSettleTime, [this] {
    timer_.reset();
    if (!shell_.IsSettled()) {
      Settle();
      return;
    }
    settles_ = false;
    shell_.MarkOutput();
    FinishWhenRead();
  });
}

void Session::FinishWhenRead() {
  if (current_ == nullptr || progress_ != Progress::kReported || settles_ || was_killed_) return;
  if (!shell_.IsReadToMark()) return;
  ExecutionEnd end;
  end.code = status_;
  FinishCurrent([&](SessionCommand& command) { command.Finish(end, ""); });
}

void Session::FinishCurrent(const std::function<void(SessionCommand&)>& finish) {
  const auto self = shared_from_this();
  const std::shared_ptr<SessionCommand> command = std::exchange(current_, nullptr);
  if (watch_timer_) loop().CancelTimer(*watch_timer_);
  watch_timer_.reset();
  if (timer_) loop().CancelTimer(*timer_);
  timer_.reset();
  finish(*command);
  Next();
}

void Session::Drop(const SessionCommand& command) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const auto& waits) { return waits.get() == &command; });
  if (found != waiting_.end()) waiting_.erase(found);
}

std::chrono::milliseconds Session::Grace() const {
  return current_ == nullptr ? kDefaultGrace : current_->request().launch.grace;
}

void Session::StopCommand(std::chrono::milliseconds grace) {
  if (current_ == nullptr || progress_ == Progress::kReported || was_killed_ || has_ended_) return;
  const auto now = Clock::now();
  const auto end = now + grace;
  if (stop_started_ && end >= stop_end_) return;
  const bool is_first = !stop_started_;
  if (is_first) stop_started_ = now;
  stop_end_ = end;
  // A signal that comes before the shell has begun it would be lost on it.
  if (is_first && progress_ == Progress::kBegun) Interrupt();
  AdvanceStop();
}

void Session::Interrupt() {
  if (stop_end_ <= Clock::now()) return;
  SignalOrder order;
  order.signal = SIGINT;
  shell_.Signal(order);
}

void Session::AdvanceStop() {
  if (timer_) loop().CancelTimer(*timer_);
  timer_.reset();
  const auto now = Clock::now();
  if (now >= stop_end_) {
    was_killed_ = true;
    RefuseWaiting();
    shell_.Stop(StopCause::kCancel, std::chrono::milliseconds(0));
    return;
  }
  const auto half = *stop_started_ + (stop_end_ - *stop_started_) / 2;
  if (now >= half && !std::exchange(was_terminated_, true)) {
    SignalOrder order;
    order.signal = SIGTERM;
    order.target = SignalOrder::Target::kBelow;
    shell_.Signal(order);
  }
  const auto next = now < half ? half : stop_end_;
  timer_ = loop().After(std::chrono::ceil<std::chrono::milliseconds>(next - now), [this] {
    timer_.reset();
    AdvanceStop();
  });
}

void Session::Close(StopCause cause, std::chrono::milliseconds grace, const std::string& who) {
  const auto self = shared_from_this();
  RefuseWaiting();
  if (current_ != nullptr) current_->Stop(cause, grace, who);
  if (!has_ended_) shell_.Stop(cause, grace);
}

void Session::RefuseWaiting() {
  if (!StopTaking()) return;
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& command : waiting) {
    command->Finish(
        Outcome::Kind::kRefused,
        absl::StrCat("session ", key().name, " ended before its turn came; nothing was started"));
  }
}

void Session::OnShellEnd(const std::optional<ExecutionEnd>& end) {
  const auto self = shared_from_this();
  has_ended_ = true;
  end_ = end;
  if (watch_timer_) loop().CancelTimer(*watch_timer_);
  watch_timer_.reset();
  if (timer_) loop().CancelTimer(*timer_);
  timer_.reset();
  RefuseWaiting();
  // What nobody waits for is thrown away; else it is the sink that pauses.
  if (current_ == nullptr) shell_.Resume();
}

void Session::OnShellSilent() {
  const auto self = shared_from_this();
  if (current_ != nullptr) FinishCurrent([this](SessionCommand& command) { Judge(command); });
  TellEnded();
  // The shell's own handlers may be what is running: it goes when the loop is back.
  loop().Post([self] {});
}

// Of a command whose session ended under it.
void Session::Judge(SessionCommand& command) const {
  if (progress_ == Progress::kReported && !was_killed_) {
    ExecutionEnd end;
    end.code = status_;
    command.Finish(end, "");
    return;
  }
  const std::string words = absl::StrCat("session ", key().name, " ended with it");
  if (is_mute_) {
    command.Finish(Outcome::Kind::kFailed,
                   absl::StrCat("the shell cannot tell how the command ended (after `set -n`, or "
                                "without descriptors, say); ",
                                words));
  } else if (!end_) {
    command.Finish(Outcome::Kind::kLost,
                   absl::StrCat("the supervisor process of session ", key().name,
                                " was killed, and what it ran with it"));
  } else if (end_->how == ExecutionEnd::How::kStartFailed || !has_started_) {
    command.Finish(*end_, absl::StrCat("session ", key().name, " did not start"));
  } else {
    ExecutionEnd end = *end_;
    // The command's own cause is its verdict; without one, what the supervisor saw (a limit).
    if (end.cause == StopCause::kCancel || end.cause == StopCause::kDrain) {
      end.cause = StopCause::kNone;
    }
    end.cpu = {};  // of all the session's commands
    end.peak_memory_bytes = 0;
    command.Finish(end, words, limits());
  }
}

}  // namespace muster::server
