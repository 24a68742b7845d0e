// Session: a shell of a caller's that stays between commands, so that its directory, variables,
// functions and background jobs do. Runs one command after the other, tells the end of each from
// the shell's report, and its own end from the supervisor. Event loop's thread.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/execution/named_session.h"
#include "server/execution/session_command.h"
#include "server/execution/session_shell.h"

namespace muster::server {

class Session : public NamedSession, private SessionShell::Owner {
 public:
  Session(EventLoop& loop, SessionKey key, std::optional<Terminal> terminal, const Rules& rules,
          Events events);
  ~Session() override;

  // Once, first. A failure: nothing was started, no event comes.
  std::optional<StartFailure> Start(SpawnerClient& spawner, std::vector<std::string> environment);
  // After those that it has. False: too many wait already.
  bool Run(std::shared_ptr<SessionCommand> command);

  bool IsBusy() const override { return current_ != nullptr; }
  std::size_t waiting() const override { return waiting_.size(); }
  void Close(StopCause cause, std::chrono::milliseconds grace, const std::string& who) override;
  std::chrono::milliseconds Grace() const override;
  bool HasTerminal() const { return terminal_.has_value(); }

  // ---- from its commands ----

  // Of the running one: SIGINT to its group, at half of the grace SIGTERM to all below the shell,
  // at its end SIGKILL to the whole session. A later call may only hurry.
  void StopCommand(std::chrono::milliseconds grace);
  void Signal(const SignalOrder& order) { shell_.Signal(order); }
  void Resume() { shell_.Resume(); }
  // One that waits will not run.
  void Drop(const SessionCommand& command);

 private:
  // What is known of the running command.
  enum class Progress { kSent, kBegun, kReported };

  // SessionShell::Owner
  void OnShellStarted() override { has_started_ = true; }
  void OnShellOutput(OutputStream stream, std::string data) override;
  void OnShellReport(const std::string& line) override;
  void OnShellEnd(const std::optional<ExecutionEnd>& end) override;
  void OnShellSilent() override;

  void Next();
  void WatchShell(bool before);
  void AdvanceStop();
  void Interrupt();
  void FinishWhenRead();
  // A terminal hands on what was written to it bit by bit.
  void Settle();
  void FinishCurrent(const std::function<void(SessionCommand&)>& finish);
  void RefuseWaiting();
  void Judge(SessionCommand& command) const;

  const std::optional<Terminal> terminal_;
  SessionShell shell_;
  std::deque<std::shared_ptr<SessionCommand>> waiting_;
  bool has_started_ = false;
  bool has_ended_ = false;  // the shell has
  std::optional<ExecutionEnd> end_;

  // Of the running command.
  std::shared_ptr<SessionCommand> current_;
  std::string marker_;
  Progress progress_ = Progress::kSent;
  int status_ = 0;                           // with kReported
  bool settles_ = false;                     // a terminal's last output is on its way
  std::optional<EventLoop::TimerId> timer_;  // of its stop, or of a terminal's output
  std::optional<Clock::time_point> stop_started_;
  Clock::time_point stop_end_;
  std::optional<EventLoop::TimerId> watch_timer_;
  bool is_mute_ = false;  // the shell did not say how it ended
  bool was_terminated_ = false;
  bool was_killed_ = false;
};

}  // namespace muster::server
