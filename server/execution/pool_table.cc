#include "server/execution/pool_table.h"

namespace muster::server {

std::shared_ptr<WorkerPool> PoolTable::For(const std::shared_ptr<const Identity>& identity) {
  std::erase_if(pools_, [](const auto& entry) {
    return entry.second.use_count() == 1 && entry.second->IsSuperfluous();
  });
  std::shared_ptr<WorkerPool>& pool = pools_[*identity];
  if (pool == nullptr) {
    pool = std::make_shared<WorkerPool>(loop_, spawner_, places_, identity, node_);
  }
  return pool;
}

std::size_t PoolTable::waiting() const {
  std::size_t waiting = 0;
  for (const auto& [identity, pool] : pools_) waiting += pool->waiting();
  return waiting;
}

std::size_t PoolTable::waiting_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [identity, pool] : pools_) bytes += pool->waiting_bytes();
  return bytes;
}

}  // namespace muster::server
