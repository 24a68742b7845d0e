// Lane: the executions of one ExecuteMany stream, and what they say, in messages. It outlives the
// call that carries it for a moment, so that a client whose connection broke finds everything when
// it returns: messages are kept until they are acknowledged. What it holds is bounded: a client may
// have so much under way and no more, and one that reads too slowly makes what it runs wait, and
// what it has waiting. What it sends is always read: acknowledgements and credit are what those
// wait for. Event loop's thread.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "muster/v1/node.pb.h"
#include "server/execution/cell.h"
#include "server/execution/event_loop.h"
#include "server/execution/execution_request.h"
#include "server/execution/worker_pool.h"
#include "server/service/audit_log.h"
#include "server/service/lane_outbox.h"

namespace muster::server {

class Lane final : public CellSink, public std::enable_shared_from_this<Lane> {
 public:
  // The call that carries the lane at the moment.
  class Carrier {
   public:
    virtual ~Carrier() = default;
    // An ExecuteManyEvent as the wire takes it. OnWritten follows.
    virtual void Write(const grpc::ByteBuffer& message) = 0;
    // The call ends; nothing more is asked of it.
    virtual void Finish(const grpc::Status& status) = 0;
  };
  // Starts what is no cell, or says why not; null: it has its outcome already.
  using Starter =
      std::function<std::shared_ptr<ExecutionControl>(const std::shared_ptr<ExecutionSink>& sink)>;

  // How long it waits for its client.
  static constexpr std::chrono::seconds kMaxAbsence{5};

  // `on_end`: it has nothing more to do, or nobody to do it for.
  Lane(EventLoop& loop, std::shared_ptr<const Identity> identity, std::string stream_id,
       std::shared_ptr<WorkerPool> pool, AuditLog* audit, std::function<void(const Lane&)> on_end);
  ~Lane() override;

  const std::string& stream_id() const { return stream_id_; }
  const std::shared_ptr<const Identity>& identity() const { return identity_; }
  std::uint64_t received() const { return received_; }

  // A call takes it on; the one before ends with ABORTED.
  grpc::Status Carry(Carrier& carrier, const v1::OpenLane& open, std::uint64_t acknowledged);
  // The call is gone.
  void Drop(const Carrier& carrier);
  void OnOpened(const Carrier& carrier);
  void OnWritten(const Carrier& carrier);
  // The client sends no more.
  void OnHalfClose(const Carrier& carrier);

  // ---- what the client sends ----
  // False: the numbers have a gap.
  bool TakeNumber(std::uint64_t sequence);
  void Run(std::uint64_t sequence, Cell::Request request);
  // `bytes`: what the request holds.
  void Run(std::uint64_t sequence, std::size_t bytes, const Starter& start);
  void Refuse(std::uint64_t sequence, const std::string& why);
  // After several of these. Not OK: the client has more under way than it may.
  grpc::Status Begin();
  void AddCredit(std::uint64_t sequence, std::uint64_t bytes);
  // False: so many have not been sent.
  bool Acknowledge(std::uint64_t messages) { return outbox_.Acknowledge(messages); }
  // Ends with what is under way, which is stopped.
  void Close(std::optional<std::chrono::milliseconds> grace, const std::string& who);

  std::shared_ptr<ExecutionControl> Find(std::uint64_t sequence) const;
  struct Shown {
    std::uint64_t sequence = 0;
    std::string command;
    Cell::Clock::time_point received;
    bool is_queued = false;
    bool is_stopping = false;
    pid_t supervisor_pid = 0;  // 0: it does not run
  };
  // Its cells, at most `most`; what runs as an Execution is in the table of those.
  std::vector<Shown> Show(std::size_t most) const;
  std::size_t size() const { return held_.size(); }
  void StopAll(StopCause cause, std::optional<std::chrono::milliseconds> grace,
               const std::string& who);

  // CellSink
  bool OnOutput(const Cell& cell, OutputStream stream, std::string data) override;
  void OnOutcome(const Cell& cell, Outcome outcome, std::string value) override;
  void OnBatchEnd() override;
  bool HasRoom() const override { return !outbox_.IsFull(); }
  // The same of an execution that is no cell.
  // `value_bytes`: as LaneEvent has it.
  bool Output(std::uint64_t sequence, OutputStream stream, std::string data,
              std::uint64_t value_bytes = 0);
  void End(std::uint64_t sequence, const Outcome& outcome, std::string value);

 private:
  struct Held {
    std::shared_ptr<ExecutionControl> control;
    std::int64_t credit = 0;
    std::size_t bytes = 0;
    bool is_cell = false;
    bool is_paused = false;
  };
  Held& Hold(std::uint64_t sequence, std::size_t bytes);
  v1::LaneEvent& AddEvent(std::uint64_t sequence, std::size_t bytes);
  // Whether what waits is worth a message now, or should wait for more that comes soon.
  bool IsDue() const;
  std::chrono::milliseconds Hold() const;
  void Flush();
  void ResumePaused();
  void EndWhenDone();
  void WaitForClient();

  EventLoop& loop_;
  const std::shared_ptr<const Identity> identity_;
  const std::string stream_id_;
  const std::shared_ptr<WorkerPool> pool_;
  AuditLog* const audit_;
  const std::function<void(const Lane&)> on_end_;
  Carrier* carrier_ = nullptr;
  bool is_writing_ = false;
  bool client_is_done_ = false;
  bool is_closed_ = false;     // the daemon ends: the client need not say that it is done
  bool has_given_up_ = false;  // nobody may take it up again
  bool has_ended_ = false;
  std::uint64_t received_ = 0;
  absl::flat_hash_map<std::uint64_t, Held> held_;
  std::size_t held_bytes_ = 0;
  std::size_t cells_ = 0;  // of held_
  absl::flat_hash_set<std::uint64_t> paused_;
  LaneOutbox outbox_;
  bool was_full_ = false;  // the pool may have held cells back
  Cell::Clock::time_point last_write_;
  std::chrono::microseconds queued_{0};     // that the last cell waited
  std::optional<EventLoop::TimerId> hold_;  // then the next message goes, whatever is in it
  std::optional<EventLoop::TimerId> absence_;
};

}  // namespace muster::server
