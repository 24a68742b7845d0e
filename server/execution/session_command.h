// SessionCommand: one command of a session, from its acceptance to its outcome: what an Execution
// is for a process of its own. Waits for its turn, then runs in the session's shell. Event loop's
// thread. Its states:
//
//   queued ──Begin──▶ running ──the session's word──▶ finished
//     └──Stop, deadline, end of the session──────────────▲
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/unique_fd.h"
#include "server/execution/event_loop.h"
#include "server/execution/execution_control.h"
#include "server/execution/execution_request.h"
#include "server/execution/execution_sink.h"
#include "server/execution/input_writer.h"

namespace muster::server {

class Session;

class SessionCommand : public ExecutionControl,
                       public std::enable_shared_from_this<SessionCommand> {
 public:
  using Clock = EventLoop::Clock;

  // `on_finished` comes once, after the sink's OnOutcome.
  SessionCommand(EventLoop& loop, ExecutionRequest request, std::shared_ptr<ExecutionSink> sink,
                 std::shared_ptr<Session> session,
                 std::function<void(SessionCommand&)> on_finished);

  // ExecutionControl
  void Stop(StopCause cause, std::optional<std::chrono::milliseconds> grace,
            std::string who) override;
  void Resume() override;
  void Write(std::string data) override;
  void EndInput() override;
  void Resize(const WindowSize& size) override;
  void Signal(int signal) override;

  const ExecutionRequest& request() const { return request_; }
  Clock::time_point received() const { return received_; }
  bool IsQueued() const { return state_ == State::kQueued; }
  bool IsStopping() const { return cause_ != StopCause::kNone; }

  // ---- from the session ----

  // Its turn has come. `terminal`: the master of the session's own; -1: none, and `input` is the
  // session's pipe. False with errno: it cannot be given its input.
  bool Begin(int terminal, int input);
  // Where the shell finds its standard input.
  std::string InputPath() const;
  // False: no more before Session::Resume.
  bool Give(OutputStream stream, std::string data);
  // The verdict is `end`'s, unless it was stopped before. `words`: added to the reason. `limits`:
  // those of the session.
  void Finish(ExecutionEnd end, const std::string& words, const Limits& limits = {});
  // Without a verdict of a supervisor: refused, lost.
  void Finish(Outcome::Kind kind, std::string reason);

 private:
  enum class State { kQueued, kRunning, kFinished };

  void Conclude(Outcome outcome);

  EventLoop& loop_;
  const ExecutionRequest request_;
  const std::shared_ptr<ExecutionSink> sink_;
  std::shared_ptr<Session> session_;  // until it has finished
  const std::function<void(SessionCommand&)> on_finished_;
  const Clock::time_point received_ = Clock::now();

  State state_ = State::kQueued;
  Clock::time_point started_ = received_;
  std::optional<EventLoop::TimerId> deadline_;
  StopCause cause_ = StopCause::kNone;
  Limit limit_ = Limit::kNone;  // with the cause kLimit
  std::string who_;             // on whose word it is stopped
  std::unique_ptr<InputWriter> input_;
  bool has_terminal_ = false;
  std::uint64_t stdout_bytes_ = 0;
  std::uint64_t stderr_bytes_ = 0;
};

}  // namespace muster::server
