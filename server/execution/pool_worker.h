// PoolWorker: one warm worker, seen from the daemon: a process tree with a supervisor of its own, a
// WorkerChannel and two pipes. It is handed cells before their turn, so that it never waits, and
// what it has not begun can be taken back. It says what each cell brought, in their order:
//
//   starting ──▶ ready ──▶ ending (stopped, retiring, not needed any more) ──▶ ended
//
// Which output belongs to which cell: before the pipes are read the results are, and a worker in
// whose time somebody has read waits at the end of its cell until it hears that all was read. So
// what is in the pipes always belongs to the oldest cell that has not ended. Event loop's thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/execution/cell.h"
#include "server/execution/event_loop.h"
#include "server/execution/spawner_client.h"
#include "server/execution/supervisor_link.h"
#include "server/execution/worker_output.h"
#include "server/identity/identity.h"
#include "server/spawner/worker_channel.h"
#include "server/spawner/worker_message.h"

namespace muster::server {

class PoolWorker {
 public:
  using Clock = EventLoop::Clock;
  enum class State { kStarting, kReady, kEnding, kEnded };

  class Owner {
   public:
    virtual ~Owner() = default;
    // Some cells have ended, or the state is another.
    virtual void OnProgress(PoolWorker& worker) = 0;
    // It has not begun these, and will not; in their order.
    virtual void OnGivenBack(PoolWorker& worker,
                             const std::vector<std::shared_ptr<Cell>>& cells) = 0;
  };

  PoolWorker(EventLoop& loop, SpawnerClient& spawner, Owner& owner)
      : loop_(loop), spawner_(spawner), owner_(owner) {}
  ~PoolWorker();

  // `keeps_namespace`: it is a session's: what one cell defines is there in the next, and a stop is
  // an interrupt first, which the worker outlives. `limits`: of all its processes together.
  void Start(const std::shared_ptr<const Identity>& identity, const std::string& node,
             bool keeps_namespace, const Limits& limits = {});

  State state() const { return state_; }
  // kEnded, without ever having been ready: why. Empty: it was.
  const std::optional<Outcome>& start_failure() const { return start_failure_; }
  bool IsIdle() const { return cells_.empty(); }
  std::size_t handed() const { return cells_.size(); }
  // Since when it is what it is: idle, or busy with its oldest cell.
  Clock::time_point since() const { return since_; }
  pid_t supervisor_pid() const { return supervisor_pid_; }
  // Of a cell, as it is lately.
  std::chrono::nanoseconds usual_time() const { return usual_time_; }

  // False: there is no room for it now. Wake follows the last of several.
  bool Hand(const std::shared_ptr<Cell>& cell);
  void Wake();
  // Takes what it has said: it does not wake anybody for each of several.
  void Look();
  // Takes back at most `most` of those that it has not begun, the last ones first; in their order.
  std::vector<std::shared_ptr<Cell>> TakeBack(std::size_t most);

  // Of a cell that it was handed: taken back, or stopped, and with it the worker.
  void Stop(Cell& cell, StopCause cause, std::optional<std::chrono::milliseconds> grace,
            std::string who);
  void Resume(const Cell& cell);
  // Nobody needs it any more: it is idle, and ends.
  void Dismiss();

  // ---- Of a session's:

  // A signal is on its way to the cell before: none may be handed now.
  bool IsInterrupted() const { return unconfirmed_; }
  // Ends it, with all that its cells started; what runs is stopped for this cause. Again: hurries.
  void End(StopCause cause, std::chrono::milliseconds grace, std::string who);

 private:
  std::optional<StartFailure> Launch(const Identity& identity, const std::string& node);
  void HandleSocket();
  void HandleOutput(OutputStream stream);
  // Everything that the worker has said, until somebody is full.
  void TakeResults();
  void HandleResult(const WorkerResult& result, std::string_view payload);
  void HandleDone(const WorkerResult& result, std::string_view payload);
  // The output that the ended cell left in the pipes, then its outcome.
  void DrainAndConclude();
  void Conclude(Outcome outcome, std::string value);
  void Give(OutputStream stream, std::string data);
  void Pause();
  bool IsTakenBack(Cell& cell);
  void GiveBackAll();
  void Break();
  void Order(const StopOrder& order);
  void Watch(std::chrono::milliseconds delay);
  void HandleFrame(const Frame& frame);
  void HandleSupervisorGone();
  void HandleEnd();
  void WaitForOutput();
  void FinishEnd();
  // Tells the first cell to end, and its worker to live. False: the worker ends already.
  bool Interrupt(Cell& cell, StopCause cause, std::optional<std::chrono::milliseconds> grace,
                 const std::string& who);
  void AdvanceInterruption();
  void EndInterruption(Outcome& outcome);
  void AdoptInterruption();
  void HandleInterrupted();
  void WaitForConfirmation();
  void SetState(State state);
  void Touch(CellSink& sink);
  void TellProgress();

  EventLoop& loop_;
  SpawnerClient& spawner_;
  Owner& owner_;
  std::shared_ptr<const Identity> identity_;
  bool keeps_namespace_ = false;
  Limits limits_;
  struct Interruption {
    StopCause cause = StopCause::kNone;
    std::string who;
    Clock::time_point started;
    Clock::time_point end;  // of its grace
    std::optional<EventLoop::TimerId> timer;
  };
  std::optional<Interruption> interruption_;  // of the first cell
  bool unconfirmed_ = false;                  // the supervisor has not sent its signal yet
  Clock::time_point confirmed_by_;            // or it is killed

  State state_ = State::kStarting;
  Clock::time_point since_ = Clock::now();
  Clock::time_point ending_since_;
  std::chrono::nanoseconds usual_time_{std::chrono::milliseconds(1)};
  std::optional<Outcome> start_failure_;
  std::unique_ptr<SupervisorLink> supervisor_;
  pid_t supervisor_pid_ = 0;
  WorkerChannel channel_;
  bool is_open_ = false;  // the channel
  RingProducer requests_;
  RingConsumer results_;
  std::unique_ptr<WorkerOutput> output_;
  std::deque<std::shared_ptr<Cell>> cells_;  // handed; the first one runs

  bool is_paused_ = false;  // the sink of the first cell is full
  bool is_taking_ = false;
  bool has_progress_ = false;
  bool lacks_room_ = false;       // for a request; the worker says when there is some
  std::vector<CellSink*> sinks_;  // that were told something since the last progress
  bool is_stopping_ = false;
  std::string who_;
  std::string exception_;             // of the first cell, as it comes in pieces
  PythonResult result_;               // of the first cell, so far
  std::optional<Outcome> concluded_;  // of the first cell, when its output is read
  std::string value_;                 // with it
  bool waits_for_end_ = false;        // ... and its worker has ended
  std::optional<ExecutionEnd> end_;
  bool is_lost_ = false;  // the supervisor said nothing of the end
  std::optional<EventLoop::TimerId> timer_;
  std::optional<Clock::time_point> overdue_;
  const std::shared_ptr<char> life_ = std::make_shared<char>();  // for what comes later
};

}  // namespace muster::server
