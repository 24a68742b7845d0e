#include "client/lanes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace muster {

template <typename Condition>
void Lanes::RemoveIf(std::size_t from, Condition condition, Removed* removed) {
  if (from >= lanes_.size()) return;
  const auto stay =
      std::stable_partition(lanes_.begin() + static_cast<std::ptrdiff_t>(from), lanes_.end(),
                            [&](const std::shared_ptr<Lane>& lane) { return !condition(*lane); });
  std::move(stay, lanes_.end(), std::back_inserter(*removed));
  lanes_.erase(stay, lanes_.end());
}

void Lanes::Add(std::shared_ptr<Connection> connection) {
  lanes_.push_back(std::make_shared<Lane>());
  lanes_.back()->connection = std::move(connection);
}

std::shared_ptr<Connection> Lanes::First(Removed* removed) {
  while (!lanes_.empty() && !lanes_.front()->connection->IsAlive()) {
    Remove(lanes_.front()->connection.get(), removed);
  }
  if (lanes_.empty()) return nullptr;
  lanes_.front()->empty_since = std::chrono::steady_clock::now();
  return lanes_.front()->connection;
}

std::shared_ptr<Lane> Lanes::TakePlace(Removed* removed) {
  std::shared_ptr<Lane> lane = Find(true, removed);
  if (lane != nullptr) ++lane->executions;
  return lane;
}

std::shared_ptr<Lane> Lanes::Find(bool with_room, Removed* removed) {
  for (std::size_t i = 0; i < lanes_.size();) {
    std::shared_ptr<Lane> lane = lanes_[i];
    const bool fits = (!with_room || lane->executions < kMaxExecutions) &&
                      !lane->connection->incarnation().empty();
    if (fits && lane->connection->IsAlive()) return lane;
    if (fits) {
      Remove(lane->connection.get(), removed);
    } else {
      ++i;
    }
  }
  return nullptr;
}

std::shared_ptr<Connection> Lanes::NotGreeted(Removed* removed) {
  const auto waits = [](const Lane& lane) { return lane.connection->incarnation().empty(); };
  RemoveIf(
      0, [&](const Lane& lane) { return waits(lane) && !lane.connection->IsAlive(); }, removed);
  const auto found =
      std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) { return waits(*lane); });
  return found == lanes_.end() ? nullptr : (*found)->connection;
}

void Lanes::Remove(const Connection* connection, Removed* removed) {
  RemoveIf(
      0, [&](const Lane& lane) { return lane.connection.get() == connection; }, removed);
}

void Lanes::RemoveAll(Removed* removed) {
  RemoveIf(
      0, [](const Lane&) { return true; }, removed);
}

void Lanes::RemoveOthers(const std::string& incarnation, Removed* removed) {
  RemoveIf(
      0,
      [&](const Lane& lane) {
        const std::string its = lane.connection->incarnation();
        return !its.empty() && its != incarnation;
      },
      removed);
}

void Lanes::RemoveIdle(Time now, Removed* removed) {
  RemoveIf(
      1,
      [&](const Lane& lane) {
        return lane.executions == 0 && !lane.connection->incarnation().empty() &&
               now - lane.empty_since >= kMaxIdle;
      },
      removed);
  if (lanes_.size() != 1) return;
  RemoveIf(
      0,
      [&](const Lane& lane) {
        return lane.executions == 0 && now - lane.empty_since >= max_idle_of_last_;
      },
      removed);
}

std::optional<Lanes::Time> Lanes::NextIdle(Time now) const {
  if (lanes_.size() > 1) return now + kMaxIdle;
  if (lanes_.empty() || lanes_.front()->executions > 0) return std::nullopt;
  return std::max(now, lanes_.front()->empty_since + max_idle_of_last_);
}

}  // namespace muster
