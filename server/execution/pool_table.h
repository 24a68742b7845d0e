// PoolTable: the pools of warm workers, one for each identity, so that no worker ever sees what
// another identity runs. Event loop's thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "server/execution/worker_pool.h"

namespace muster::server {

class PoolTable {
 public:
  PoolTable(EventLoop& loop, SpawnerClient& spawner, PythonPlaces& places, std::string node)
      : loop_(loop), spawner_(spawner), places_(places), node_(std::move(node)) {}

  // Made at its first use. Stays as long as who asks holds it, and a while longer.
  std::shared_ptr<WorkerPool> For(const std::shared_ptr<const Identity>& identity);
  std::size_t waiting() const;
  std::size_t waiting_bytes() const;

 private:
  EventLoop& loop_;
  SpawnerClient& spawner_;
  PythonPlaces& places_;
  const std::string node_;
  std::map<Identity, std::shared_ptr<WorkerPool>> pools_;
};

}  // namespace muster::server
