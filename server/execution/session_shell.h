// SessionShell: the process of a session: its supervisor, its descriptors, and what goes through
// them. It knows nothing of commands. Event loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/execution/event_loop.h"
#include "server/execution/execution_sink.h"
#include "server/execution/input_writer.h"
#include "server/execution/pipe_reader.h"
#include "server/execution/pty.h"
#include "server/execution/spawner_client.h"
#include "server/execution/supervisor_link.h"
#include "server/spawner/signal_order.h"

namespace muster::server {

class SessionShell {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnShellStarted() = 0;
    virtual void OnShellOutput(OutputStream stream, std::string data) = 0;
    virtual void OnShellReport(const std::string& line) = 0;
    // It has ended; empty: the supervisor was killed, and it with it. Its output may not have.
    virtual void OnShellEnd(const std::optional<ExecutionEnd>& end) = 0;
    // After the end: there will be no more output.
    virtual void OnShellSilent() = 0;
  };

  SessionShell(EventLoop& loop, Owner& owner) : loop_(loop), owner_(owner) {}
  ~SessionShell();
  SessionShell(const SessionShell&) = delete;
  SessionShell& operator=(const SessionShell&) = delete;

  // Nothing comes of a failure but the value.
  std::optional<StartFailure> Launch(SpawnerClient& spawner,
                                     const std::optional<Terminal>& terminal, const Limits& limits,
                                     const Identity& identity,
                                     std::vector<std::string> environment);
  // Adds to what the shell reads.
  void Say(const std::string& script);
  // The shell has read all of it, and waits for more.
  bool HasReadAll() const { return script_ != nullptr && script_->IsAllRead(); }
  void Signal(const SignalOrder& order);
  // Ends it and all below it.
  void Stop(StopCause cause, std::chrono::milliseconds grace);

  // While paused, what it and its background jobs write waits in the pipes.
  void Pause();
  void Resume();
  // From now on: what is in the pipes at this moment.
  void MarkOutput();
  // For a terminal, asked now and then after the mark: nothing more of that time will come.
  bool IsSettled();
  // All that was there at the mark has been read.
  bool IsReadToMark() const;

  // The master of its terminal; -1: it has none.
  int terminal() const { return terminal_.get(); }
  // Without a terminal: the pipe that its commands read, to be opened for writing and to be
  // emptied.
  int input() const { return input_.get(); }

 private:
  bool MakeStreams(const std::optional<Terminal>& terminal, std::vector<UniqueFd>& theirs,
                   UniqueFd& out, UniqueFd& err);
  std::unique_ptr<PipeReader> Read(UniqueFd fd, OutputStream stream);
  void HandleReports(const std::string& data);
  void HandleFrame(const Frame& frame);
  void HandleEnd(const std::optional<ExecutionEnd>& end);
  void CheckSilence();
  void WatchSilence();

  EventLoop& loop_;
  Owner& owner_;
  std::unique_ptr<SupervisorLink> supervisor_;
  std::unique_ptr<InputWriter> script_;
  std::unique_ptr<PipeReader> out_;
  std::unique_ptr<PipeReader> err_;
  std::unique_ptr<PipeReader> reports_;
  UniqueFd terminal_;
  UniqueFd input_;
  std::string report_;  // the beginning of a line
  std::uint64_t out_mark_ = 0;
  std::uint64_t err_mark_ = 0;
  std::uint64_t settled_bytes_ = 0;  // read when IsSettled was last asked
  bool paused_ = false;
  bool ended_ = false;
  bool silent_ = false;
  std::optional<EventLoop::TimerId> timer_;
};

}  // namespace muster::server
