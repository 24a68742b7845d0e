// Execution: one execution in the daemon, from its acceptance to its outcome. It owns the pipes and
// the link to the supervisor; it starts, stops and judges, and tells its sink. Event loop's thread.
// Its states:
//
//   queued ──Start──▶ running ──supervisor's end──▶ draining ──end of the pipes──▶ finished
//     └──Stop or deadline──────────────────────────────────────────────────────────▲
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/execution/event_loop.h"
#include "server/execution/execution_control.h"
#include "server/execution/execution_request.h"
#include "server/execution/execution_sink.h"
#include "server/execution/input_writer.h"
#include "server/execution/outcome.h"
#include "server/execution/pipe_reader.h"
#include "server/execution/spawner_client.h"
#include "server/execution/supervisor_link.h"

namespace muster::server {

class Execution : public ExecutionControl, public std::enable_shared_from_this<Execution> {
 public:
  using Clock = EventLoop::Clock;

  // `on_finished` comes once, after the sink's OnOutcome.
  Execution(EventLoop& loop, ExecutionRequest request, std::shared_ptr<ExecutionSink> sink,
            std::function<void(Execution&)> on_finished);

  void Start(SpawnerClient& spawner);
  // With slots: `environment` tells it which. `on_gone` comes once, when the last of its processes
  // is gone, which may be before its last output is read; with the one that will not go (0: none).
  using OnGone = std::function<void(std::int64_t unkillable)>;
  void StartWithSlots(SpawnerClient& spawner, std::vector<std::string> environment, OnGone on_gone);

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
  // 0: not running yet, or any more.
  pid_t supervisor_pid() const { return supervisor_pid_; }
  bool IsStopping() const { return stopping_; }
  bool HasSlots() const { return !request_.slots.empty(); }
  bool IsPython() const { return request_.launch.kind == LaunchRequest::Kind::kPython; }

 private:
  enum class State { kQueued, kRunning, kDraining, kFinished };

  std::optional<StartFailure> Launch(SpawnerClient& spawner);
  bool MakeInput(UniqueFd& theirs, UniqueFd& out_theirs, UniqueFd& err_theirs, UniqueFd& out_ours);
  std::unique_ptr<PipeReader> ReadFrom(UniqueFd fd, OutputStream stream);
  void WatchInput();
  void HandleWaiting(bool is_certain);
  void HandleOutput(OutputStream stream, std::string_view data);
  void HandleWorkerFrame(Frame frame);
  void HandleFrame(const Frame& frame);
  void HandleSupervisorGone();
  void HandleEnd(const ExecutionEnd& end);
  void WatchDrain();
  void FinishWhenDrained();
  void Give(OutputStream stream, std::string data);
  // Cuts off what is over the limit of output, and then stops.
  void Measure(OutputStream stream, std::string& data);
  void Order(const StopOrder& order);
  // A supervisor or spawner that somebody stopped (SIGSTOP) goes on: it has something to do.
  void WakeHelpers() const;
  void WatchHelpers(std::chrono::milliseconds delay);
  void Conclude();
  void Finish(Outcome outcome);
  void TellGone(std::int64_t unkillable);

  EventLoop& loop_;
  const ExecutionRequest request_;
  const std::shared_ptr<ExecutionSink> sink_;
  const std::function<void(Execution&)> on_finished_;
  std::vector<std::string> slot_environment_;
  OnGone on_gone_;
  const Clock::time_point received_ = Clock::now();

  State state_ = State::kQueued;
  SpawnerClient* spawner_ = nullptr;
  std::optional<EventLoop::TimerId> timer_;  // the deadline while queued, the drain time at the end
  Clock::time_point started_;
  std::optional<Clock::time_point> overdue_;  // a supervisor that has not ended by then is killed
  bool launched_ = false;                     // the supervisor said that the process runs
  pid_t supervisor_pid_ = 0;
  bool stopping_ = false;
  bool cuts_output_ = false;  // at its limit
  bool paused_ = false;
  std::uint64_t stdout_bytes_ = 0;  // that the sink got
  std::uint64_t stderr_bytes_ = 0;
  char last_byte_ = '\0';  // of stdout and stderr
  std::string who_;        // on whose word it is stopped
  std::unique_ptr<SupervisorLink> supervisor_;
  std::unique_ptr<PipeReader> out_;
  std::unique_ptr<PipeReader> err_;
  std::unique_ptr<PipeReader> value_;   // Python only
  std::unique_ptr<InputWriter> input_;  // with has_input only
  FrameDecoder value_frames_{kMaxReportBytes};
  PythonResult result_;
  std::optional<ExecutionEnd> end_;
  std::uint64_t drain_until_ = 0;  // bytes read by then: what was in the pipes at the end
};

}  // namespace muster::server
