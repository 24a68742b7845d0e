// ExecutionTable: every execution that waits or runs here. Decides who may start now: all together
// take one of `running` places, a Python execution one of the Python places too, who asks for slots
// those; who does not find all of it waits in a fair queue, and takes nothing meanwhile. Event
// loop's thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/execution/admission.h"
#include "server/execution/event_loop.h"
#include "server/execution/execution.h"
#include "server/execution/fair_queue.h"
#include "server/execution/pool_table.h"
#include "server/execution/python_places.h"
#include "server/execution/slot_queue.h"
#include "server/execution/slot_table.h"
#include "server/execution/spawner_client.h"
#include "server/execution/used_ids.h"

namespace muster::server {

class ExecutionTable : private PythonPlaces::Seeker {
 public:
  // `places`: with those who run Python in other ways.
  ExecutionTable(EventLoop& loop, SpawnerClient& spawner, PythonPlaces& places, PoolTable& pools,
                 Admission admission, std::vector<Slot> slots);
  ~ExecutionTable() override;

  // Whether the id is new; it is used up by asking.
  bool UseId(const ExecutionKey& key) { return used_ids_.Use(key); }
  // Why nothing is taken on at the moment, in one line; empty: it is.
  std::string WhyNot() const;

  // Takes it on, now or as soon as there is room.
  std::shared_ptr<Execution> Submit(ExecutionRequest request, std::shared_ptr<ExecutionSink> sink);

  // Null when there is none.
  std::shared_ptr<Execution> Find(const ExecutionKey& key) const;
  const std::map<ExecutionKey, std::shared_ptr<Execution>>& all() const { return executions_; }
  const SlotTable& slots() const { return slots_; }
  const SlotQueue& slot_queue() const { return slot_queue_; }

  // Takes nothing on any more and stops what is here, each with its own grace, or with `grace`;
  // `on_empty` comes once all have ended. Calling it again hurries.
  void Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
             std::function<void()> on_empty);
  bool IsDraining() const { return draining_; }

 private:
  void StartQueued();
  // PythonPlaces::Seeker
  bool IsSeeking() const override;
  bool UsePlace() override;
  // Of those that may start now, with and without slots in turn; null: there is none.
  std::shared_ptr<Execution> Next(bool is_python);
  void Start(const std::shared_ptr<Execution>& execution);
  void StartWithSlots(Execution& execution);
  // Once the process is gone that does not go.
  void GiveBack(const SlotGrant& grant, std::int64_t unkillable);
  void Remove(const Execution& execution);

  EventLoop& loop_;
  SpawnerClient& spawner_;
  PythonPlaces& places_;
  PoolTable& pools_;
  const Admission admission_;
  std::map<ExecutionKey, std::shared_ptr<Execution>> executions_;
  UsedIds used_ids_;
  FairQueue python_;    // those that wait for a worker
  FairQueue programs_;  // those that do not need one
  SlotTable slots_;
  SlotQueue slot_queue_;                   // of both kinds
  std::array<bool, 2> others_are_next_{};  // of programs, and of Python; where both sorts wait
  std::size_t queued_bytes_ = 0;
  std::size_t running_ = 0;
  bool draining_ = false;
  std::string who_drains_;
  std::function<void()> on_empty_;
};

}  // namespace muster::server
