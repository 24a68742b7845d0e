// PythonSession: a warm worker of its own for one caller and name, whose namespace stays, with all
// that its cells left: threads, processes, directory, environment. Runs one cell after the other;
// an interrupt that a cell heeds keeps all of it. Event loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/execution/cell.h"
#include "server/execution/execution_request.h"
#include "server/execution/execution_sink.h"
#include "server/execution/named_session.h"
#include "server/execution/pool_worker.h"
#include "server/execution/spawner_client.h"

namespace muster::server {

class PythonSession final : public NamedSession,
                            public CellKeeper,
                            private CellSink,
                            private PoolWorker::Owner {
 public:
  PythonSession(EventLoop& loop, SessionKey key, const Rules& rules, Events events);

  // Once, first.
  void Start(SpawnerClient& spawner, const std::string& node);
  // After those that it has; `on_finished` follows the outcome. Null: too many wait already.
  std::shared_ptr<Cell> Run(ExecutionRequest request, std::shared_ptr<ExecutionSink> sink,
                            std::function<void()> on_finished);

  // NamedSession
  bool IsBusy() const override { return current_ != nullptr; }
  std::size_t waiting() const override { return waiting_.size(); }
  void Close(StopCause cause, std::chrono::milliseconds grace, const std::string& who) override;
  std::chrono::milliseconds Grace() const override;

  // CellKeeper
  void StopWaiting(Cell& cell, StopCause cause, const std::string& who) override;

 private:
  // What belongs to a cell; it is told by the cell's own sink, which is the session for all.
  struct Command {
    ExecutionRequest request;
    std::shared_ptr<ExecutionSink> sink;
    std::function<void()> on_finished;
    std::shared_ptr<Cell> cell;
    std::uint64_t output_bytes = 0;
    bool is_cut = false;  // it wrote more than it may
  };

  // CellSink
  bool OnOutput(const Cell& cell, OutputStream stream, std::string data) override;
  void OnOutcome(const Cell& cell, Outcome outcome, std::string value) override;

  // PoolWorker::Owner
  void OnProgress(PoolWorker& worker) override;
  void OnGivenBack(PoolWorker& worker, const std::vector<std::shared_ptr<Cell>>& cells) override;

  void Next();
  void Cut(Command& command, std::string& data);
  void RefuseWaiting();
  void Finish(std::unique_ptr<Command> command, Outcome outcome, std::string value);
  std::string Ended() const;

  std::unique_ptr<PoolWorker> worker_;
  std::unique_ptr<Command> current_;
  std::deque<std::unique_ptr<Command>> waiting_;
  std::string why_closed_;  // empty: its worker ended by itself
  bool has_ended_ = false;
};

}  // namespace muster::server
