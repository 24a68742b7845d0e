// Cell: one piece of Python for a warm worker, from its acceptance to its outcome. It waits in the
// pool of its identity, is handed to a worker, and runs there when its turn comes; until then it
// can be taken back. It knows what it is, how far it is, and whom to tell; its keeper (the pool, a
// session) decides what happens with it. Event loop's thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/execution/event_loop.h"
#include "server/execution/execution_control.h"
#include "server/execution/execution_sink.h"
#include "server/spawner/launch_request.h"

namespace muster::server {

class Cell;
class PoolWorker;

// Who hears of cells: one for each of many. As ExecutionSink, with the cell named.
class CellSink {
 public:
  virtual ~CellSink() = default;
  virtual bool OnOutput(const Cell& cell, OutputStream stream, std::string data) = 0;
  // `value`: what of the value was not told yet.
  virtual void OnOutcome(const Cell& cell, Outcome outcome, std::string value) = 0;
  // After a batch of the others.
  virtual void OnBatchEnd() {}
  // False: nobody takes what more cells would say, none is begun. The pool is told to Dispatch when
  // that changes.
  virtual bool HasRoom() const { return true; }
};

// Who keeps cells until they end.
class CellKeeper {
 public:
  virtual ~CellKeeper() = default;
  // Of one that nobody has been handed.
  virtual void StopWaiting(Cell& cell, StopCause cause, const std::string& who) = 0;
};

class Cell final : public ExecutionControl, public std::enable_shared_from_this<Cell> {
 public:
  using Clock = EventLoop::Clock;
  enum class State { kWaiting, kHanded, kEnded };

  struct Request {
    const std::string* stream_id = nullptr;  // the sink's; with the sequence: the execution's id
    std::uint64_t sequence = 0;
    std::string source;
    LaunchRequest::Form form = LaunchRequest::Form::kRepr;
    std::uint32_t size = 1;
    std::uint32_t rank = 0;
    std::optional<std::chrono::milliseconds> deadline;
    std::chrono::milliseconds grace{0};
  };

  Cell(EventLoop& loop, Request request, CellSink& sink, CellKeeper& keeper);

  const Request& request() const { return request_; }
  CellSink& sink() const { return sink_; }
  Clock::time_point received() const { return received_; }
  State state() const { return state_; }
  bool IsStopping() const { return is_stopping_; }
  // As far as the worker is believed.
  bool IsRunning() const;
  PoolWorker* worker() const { return worker_; }
  // What it holds while it waits, bytes.
  std::size_t bytes() const { return sizeof(Cell) + request_.source.size(); }

  // ---- from its keeper and its worker ----
  // `position` and `mark`: of the request in the worker's ring.
  void Hand(PoolWorker& worker, std::uint64_t position, std::atomic<std::uint32_t>* mark);
  void TakeBack();
  std::uint64_t position() const { return position_; }
  std::atomic<std::uint32_t>& mark() const { return *mark_; }
  void SetStopping() { is_stopping_ = true; }
  // That its value will have, as the worker says; 0: it does not.
  void SetValueBytes(std::uint64_t bytes) { value_bytes_ = bytes; }
  std::uint64_t value_bytes() const { return value_bytes_; }
  // False: no more until Resume.
  bool Tell(OutputStream stream, std::string data);
  // Once. Fills in what is known here: bytes, time in the queue.
  void End(Outcome outcome, std::string value);

  // ---- ExecutionControl ----
  void Stop(StopCause cause, std::optional<std::chrono::milliseconds> grace,
            std::string who) override;
  void Resume() override;
  void Write(std::string) override {}
  void EndInput() override {}
  void Resize(const WindowSize&) override {}
  void Signal(int) override {}

 private:
  EventLoop& loop_;
  Request request_;
  CellSink& sink_;
  CellKeeper& keeper_;
  const Clock::time_point received_ = Clock::now();
  State state_ = State::kWaiting;
  bool is_stopping_ = false;
  PoolWorker* worker_ = nullptr;
  std::uint64_t position_ = 0;
  std::atomic<std::uint32_t>* mark_ = nullptr;
  std::optional<EventLoop::TimerId> deadline_;
  std::uint64_t stdout_bytes_ = 0;
  std::uint64_t stderr_bytes_ = 0;
  std::uint64_t value_bytes_ = 0;
};

}  // namespace muster::server
