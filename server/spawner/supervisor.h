// Supervisor: one process tree, from its launch to its last process. A process of its own, forked
// from the spawner or the zygote, never exec'd, one thread. It is a subreaper, so every orphan of
// the tree becomes its child and none of another tree does. It starts the main process, watches for
// its end, the deadline, the daemon's stop orders and the end of the daemon or its parent, kills
// what has to be killed and reports one end. It never sees the output: those pipes go straight to
// the daemon.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <set>

#include "common/unique_fd.h"
#include "server/spawner/child.h"
#include "server/spawner/control_group.h"
#include "server/spawner/frame.h"
#include "server/spawner/input_watch.h"
#include "server/spawner/limit_watch.h"
#include "server/spawner/signal_order.h"
#include "server/spawner/supervisor_message.h"

namespace muster::server {

class Supervisor {
 public:
  // What the process is called (PR_SET_NAME).
  static constexpr char kName[] = "supervisor";

  struct Fds {
    UniqueFd control;   // to the daemon; its end of file: the daemon is gone
    UniqueFd lifeline;  // from the parent; its end of file: the parent is gone
    UniqueFd report;    // to the parent, for the sessions that were left running
    UniqueFd groups;    // to a GroupService; none: this process makes its group itself
    ChildFds child;
  };

  // `settings` as for BecomeJob.
  Supervisor(Fds fds, const ChildBody& body, const ControlGroups& groups,
             const SpawnerSettings* settings)
      : fds_(std::move(fds)), body_(body), groups_(groups), settings_(settings) {}

  // Runs the one execution; returns when nothing of it is left but what may stay.
  void Run();

 private:
  using Clock = std::chrono::steady_clock;
  // How far a stop has come.
  enum class Stage { kRunning, kInterrupted, kTerminated, kKilled };

  std::optional<LaunchRequest> ReceiveLaunch();
  bool ReceiveFrames();
  void Launch(const LaunchRequest& request);
  std::optional<StartFailure> Fork(const LaunchRequest& request);
  void WaitForEvents();
  void ObeyOrders();
  void Stop(StopCause cause, std::chrono::milliseconds grace, Limit limit = Limit::kNone,
            std::chrono::milliseconds since = std::chrono::milliseconds(0));
  void Interrupt();
  void Advance();
  void TellWaiting(InputWatch::Answer answer);
  void KillAll(Clock::time_point now);
  void Signal(int signal);
  void Deliver(const SignalOrder& order);
  void Reap();
  bool HasChildren();
  // After an end that nobody ordered: kills what shares the main process's session, or everything
  // when a signal ended it. False while some still live.
  bool ClearSession();
  void ReportLeft();
  // A limit that the kernel kept, and the command died of.
  void NameLimit();
  void SendEnd();

  Fds fds_;
  const ChildBody& body_;
  const ControlGroups& groups_;
  const SpawnerSettings* const settings_;
  ControlGroup group_;
  LimitWatch limit_watch_;
  InputWatch input_watch_;
  UniqueFd signals_;  // SIGCHLD
  FrameDecoder decoder_{kMaxLaunchBytes};
  bool daemon_gone_ = false;

  std::chrono::milliseconds grace_{0};
  Limits limits_;
  bool judges_limits_ = true;
  LaunchRequest::Leftovers leftovers_ = LaunchRequest::Leftovers::kOwnSession;
  std::optional<Clock::time_point> deadline_;
  Clock::time_point started_;
  Clock::time_point stop_started_;
  Clock::time_point killed_;
  Stage stage_ = Stage::kRunning;
  pid_t main_ = 0;
  bool main_ended_ = false;
  Clock::time_point main_ended_at_;
  std::set<pid_t> cleared_;  // killed after a natural end
  ExecutionEnd end_;
};

}  // namespace muster::server
