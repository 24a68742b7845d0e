// ExecutionTable: every execution that waits or runs here. Decides who may start now: a Python
// execution takes one of `workers` places, first come first served; programs take none. Event
// loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "server/execution/event_loop.h"
#include "server/execution/execution.h"
#include "server/execution/spawner_client.h"

namespace muster::server {

class ExecutionTable {
 public:
  ExecutionTable(EventLoop& loop, SpawnerClient& spawner, int workers)
      : loop_(loop), spawner_(spawner), workers_(workers) {}

  // Takes it on, now or as soon as there is room. Null: an execution with this key is here already,
  // nothing was started. The caller asks IsDraining first.
  std::shared_ptr<Execution> Submit(ExecutionRequest request, std::shared_ptr<ExecutionSink> sink);

  // Null when there is none.
  std::shared_ptr<Execution> Find(const ExecutionKey& key) const;
  const std::map<ExecutionKey, std::shared_ptr<Execution>>& all() const { return executions_; }

  // Takes nothing on any more and stops what is here, each with its own grace, or with `grace`;
  // `on_empty` comes once all have ended. Calling it again hurries.
  void Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
             std::function<void()> on_empty);
  bool IsDraining() const { return draining_; }

 private:
  void StartQueued();
  void Remove(const Execution& execution);

  EventLoop& loop_;
  SpawnerClient& spawner_;
  const int workers_;
  std::map<ExecutionKey, std::shared_ptr<Execution>> executions_;
  std::deque<std::shared_ptr<Execution>> queue_;  // Python executions that wait for a place
  int python_running_ = 0;
  bool draining_ = false;
  std::function<void()> on_empty_;
};

}  // namespace muster::server
