// WorkerPool: the warm workers of one identity, and the cells that wait for them. Workers are
// started when they are needed, one more than are busy, so that a death costs nothing; those that
// nobody needs end. A busy worker is handed cells before their turn, as many as it does in a
// moment; when another falls idle meanwhile, it gets some of them. Clients take turns: as long as
// one takes, a moment of cells comes from the same, so that their outcomes share messages. Event
// loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "server/execution/cell.h"
#include "server/execution/event_loop.h"
#include "server/execution/pool_worker.h"
#include "server/execution/python_places.h"
#include "server/execution/spawner_client.h"

namespace muster::server {

class WorkerPool final : public CellKeeper, public PythonPlaces::Seeker, private PoolWorker::Owner {
 public:
  // `node`: what the executions are told that this node is called.
  WorkerPool(EventLoop& loop, SpawnerClient& spawner, PythonPlaces& places,
             std::shared_ptr<const Identity> identity, std::string node);
  ~WorkerPool() override;

  // The cell's keeper is this pool. Several, then Dispatch.
  void Submit(const std::shared_ptr<Cell>& cell);
  void Dispatch();

  std::size_t waiting() const { return waiting_; }
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  std::size_t workers() const { return members_.size(); }
  // Has no workers and no cells, and has not had any for a while.
  bool IsSuperfluous() const;

  // CellKeeper
  void StopWaiting(Cell& cell, StopCause cause, const std::string& who) override;

  // PythonPlaces::Seeker
  bool IsSeeking() const override;
  bool UsePlace() override;

 private:
  // The cells of one client.
  struct Line {
    CellSink* sink = nullptr;
    std::deque<std::shared_ptr<Cell>> cells;
  };
  struct Member {
    std::unique_ptr<PoolWorker> worker;
    bool has_place = false;
  };

  // PoolWorker::Owner
  void OnProgress(PoolWorker& worker) override;
  void OnGivenBack(PoolWorker& worker, const std::vector<std::shared_ptr<Cell>>& cells) override;

  Line& LineOf(CellSink& sink);
  // The one whose turn it is, which stays so; null: nobody waits whose sink has room.
  std::shared_ptr<Cell> Next();
  void EndTurn();
  void Push(const std::shared_ptr<Cell>& cell, bool in_front);
  void Feed(Member& member, std::size_t most);
  std::size_t DepthOf(const PoolWorker& worker) const;
  void StartWorkers();
  void FailToStart(const Outcome& failure);
  void Steal();
  void DismissIdle();
  void LookLater();
  Member* MemberOf(const PoolWorker& worker);

  EventLoop& loop_;
  SpawnerClient& spawner_;
  PythonPlaces& places_;
  const std::shared_ptr<const Identity> identity_;
  const std::string node_;
  std::list<Line> lines_;  // none is empty; the first one's turn is next
  std::size_t waiting_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::list<Member> members_;
  bool is_dispatching_ = false;
  bool looks_ = false;  // timers of LookLater are set
  bool looks_closely_ = false;
  EventLoop::Clock::time_point last_failure_;
  EventLoop::Clock::time_point used_ = EventLoop::Clock::now();
  const std::shared_ptr<char> life_ = std::make_shared<char>();
};

}  // namespace muster::server
