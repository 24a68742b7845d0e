// Lanes: the connections of one link, in the order in which they are filled. The first one with
// room is used, so that later ones fall idle and can go. Not thread-safe: the link's lock guards
// it. What is removed is handed out, to end after the lock: the end of a connection may take a
// moment.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/connection.h"

namespace muster {

struct Lane {
  std::shared_ptr<Connection> connection;
  int executions = 0;  // that have a place on it
  // The last use, when there is no execution.
  std::chrono::steady_clock::time_point empty_since = std::chrono::steady_clock::now();
};

class Lanes {
 public:
  using Removed = std::vector<std::shared_ptr<Lane>>;

  // A daemon allows 128 streams on a connection, and gRPC holds further ones back without a word.
  // The rest is for Cancel and Describe, which must not wait behind executions.
  static constexpr int kMaxExecutions = 100;
  // How long a further connection is kept without an execution.
  static constexpr std::chrono::seconds kMaxIdle{5};
  // How long the last one is kept without any call.
  static constexpr std::chrono::minutes kMaxIdleOfLast{5};

  using Time = std::chrono::steady_clock::time_point;

  explicit Lanes(std::size_t most, std::chrono::milliseconds max_idle_of_last = kMaxIdleOfLast)
      : most_(most), max_idle_of_last_(max_idle_of_last) {}

  std::size_t size() const { return lanes_.size(); }
  bool IsFull() const { return lanes_.size() >= most_; }
  void Add(std::shared_ptr<Connection> connection);

  // The connection for a question to the daemon, had it its hello or not; null: none is alive.
  std::shared_ptr<Connection> First(Removed* removed);
  // The first one that has had its hello, for a question, too. Null: there is none.
  std::shared_ptr<Lane> Greeted(Removed* removed) { return Find(false, removed); }
  // The same, with room for one more execution, whose place is taken.
  std::shared_ptr<Lane> TakePlace(Removed* removed);
  // One that waits for its hello. Null: there is none.
  std::shared_ptr<Connection> NotGreeted(Removed* removed);

  void Remove(const Connection* connection, Removed* removed);
  void RemoveAll(Removed* removed);
  // What goes to another life of the daemon than this one.
  void RemoveOthers(const std::string& incarnation, Removed* removed);
  // Further ones that nobody has used for a while, and the last one after a longer while.
  void RemoveIdle(Time now, Removed* removed);
  // When RemoveIdle may find something to remove next. None: not before an execution ends.
  std::optional<Time> NextIdle(Time now) const;

 private:
  std::shared_ptr<Lane> Find(bool with_room, Removed* removed);
  template <typename Condition>
  void RemoveIf(std::size_t from, Condition condition, Removed* removed);

  const std::size_t most_;
  const std::chrono::milliseconds max_idle_of_last_;
  std::vector<std::shared_ptr<Lane>> lanes_;
};

}  // namespace muster
