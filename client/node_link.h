// NodeLink: the way to one node: as many connections as its executions need, made when they are
// needed and again when they broke.
//
//   NodeLink ─┬─ Lane ── Connection    up to 100 executions each; the other streams that a daemon
//             ├─ Lane ── Connection    allows are left for Cancel and Describe
//             ├─ Lane …                a further one is opened when all are full, one at a time
//             └─ waiting, in order: who found no place
//
//   Execution ── Lease ── its place on a Lane, given back when its stream has ended
//
// Before anything is executed over a new connection the daemon is asked to describe itself (the
// hello), so that a node that cannot be reached is told apart from one that was lost in the middle;
// who comes while a hello is under way shares it. A further connection that cannot be had (the
// daemon takes so many of a user only) fails nobody while others live: executions wait for a place
// on these. A connection that had no call for 5 min is closed here, where it is known that nothing
// is on its way, and one to a daemon that begins to end is not used any more; the next call makes a
// new one. Who makes a connection takes his turn (ConnectTurns). Thread-safe. May end on any
// thread.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/connect_turns.h"
#include "client/connection.h"
#include "client/lanes.h"
#include "client/trusted_users.h"
#include "common/address.h"
#include "common/mutex.h"

namespace muster {

class NodeLink : public std::enable_shared_from_this<NodeLink> {
 public:
  // A question is answered at once and never waits behind executions; an execution takes a place.
  enum class Use { kQuestion, kExecution };

  // A connection that has had its hello, lent. Its end gives the place of an execution back, and
  // may serve others in that call: not under a lock. One thread at a time.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();
    const std::shared_ptr<Connection>& connection() const { return lane_->connection; }

   private:
    friend class NodeLink;
    std::shared_ptr<NodeLink> link_;  // null: there is no place to give back
    std::shared_ptr<Lane> lane_;
  };

  // Somebody who waits for a connection. Exactly one of the two runs, once, on a thread of gRPC, or
  // in any call of this class or end of a lease.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    virtual void OnConnected(Lease lease) = 0;
    // Nothing was sent. `why` names the node and its address.
    virtual void OnUnreachable(const std::string& why) = 0;
  };
  // An error says why, naming the node.
  using Described = std::function<void(absl::StatusOr<v1::DescribeResponse>)>;

  // `max_idle`: how long a connection is kept without a call. `turns`: those of its cluster.
  // `state`: why nobody is to try (Node::state); empty: there is a daemon.
  NodeLink(std::string name, Address address, TrustedUsers trust = TrustedUsers(),
           std::chrono::milliseconds max_idle = Lanes::kMaxIdleOfLast,
           std::shared_ptr<ConnectTurns> turns = std::make_shared<ConnectTurns>(),
           std::string state = "");

  const std::string& name() const { return name_; }

  // Never blocks. Executions are served in the order of their calls.
  void Connect(Use use, const std::shared_ptr<Waiter>& waiter) MUSTER_EXCLUDES(mutex_);
  // Never blocks; the reaction runs once, soon after `deadline` at the latest.
  void Describe(const v1::DescribeRequest& request, std::chrono::steady_clock::time_point deadline,
                Described reaction) MUSTER_EXCLUDES(mutex_);
  // Fresh for every execution. One stream id for all connections that are there at the same time:
  // the daemon takes it for one client, whose executions it starts in their order.
  v1::ExecutionId NextId() MUSTER_EXCLUDES(mutex_);
  // This connection is of no use any more.
  void Forget(const Connection* connection) MUSTER_EXCLUDES(mutex_);
  // None is: there is another daemon.
  void ForgetAll() MUSTER_EXCLUDES(mutex_);

 private:
  bool is_unix() const { return address_.kind == Address::Kind::kUnix; }
  absl::Status Unreachable(const std::string& why) const;
  std::string WhyNoAnswer(const grpc::Status& status, const Connection& connection,
                          const std::string& words, std::chrono::milliseconds time) const;

  // Gives places to those who wait as long as there are any, and says hello when there should be
  // more. One thread at a time does; what comes meanwhile is served by it.
  void Serve() MUSTER_EXCLUDES(mutex_);
  void DescribeOver(const std::shared_ptr<Connection>& connection,
                    const v1::DescribeRequest& request, Lanes::Time deadline, Described reaction);
  // Null: nobody who waits can be served.
  std::shared_ptr<Waiter> NextServed(Lease* lease, Lanes::Removed* removed) MUSTER_REQUIRES(mutex_);
  // False: there is none now.
  bool Take(Use use, Lease* lease, Lanes::Removed* removed) MUSTER_REQUIRES(mutex_);
  bool WantsHello(Lanes::Removed* removed) MUSTER_REQUIRES(mutex_);
  absl::StatusOr<std::shared_ptr<Connection>> Open() MUSTER_REQUIRES(mutex_);
  void SayHello(ConnectTurns::Turn turn) MUSTER_EXCLUDES(mutex_);
  void EndHello(const absl::StatusOr<std::shared_ptr<Connection>>& result) MUSTER_EXCLUDES(mutex_);
  void GiveBack(Lane& lane) MUSTER_EXCLUDES(mutex_);

  // Closes what is idle when it is time for that; and while somebody waits, tries now and then to
  // open more. No timer runs without a connection, nor for the only one while it is in use.
  void TickLater() MUSTER_EXCLUDES(mutex_);
  void Tick() MUSTER_EXCLUDES(mutex_);

  const std::string name_;
  const Address address_;
  const TrustedUsers trust_;
  const std::shared_ptr<ConnectTurns> turns_;
  const std::string state_;
  Mutex mutex_;
  Lanes lanes_ MUSTER_GUARDED_BY(mutex_);
  std::string stream_id_ MUSTER_GUARDED_BY(mutex_);
  std::uint64_t sequence_ MUSTER_GUARDED_BY(mutex_) = 0;
  bool says_hello_ MUSTER_GUARDED_BY(mutex_) = false;
  bool is_serving_ MUSTER_GUARDED_BY(mutex_) = false;
  std::deque<std::shared_ptr<Waiter>> asking_ MUSTER_GUARDED_BY(mutex_);   // for a question
  std::deque<std::shared_ptr<Waiter>> waiting_ MUSTER_GUARDED_BY(mutex_);  // for a place
  // False after a further connection could not be had, until the next tick.
  bool may_grow_ MUSTER_GUARDED_BY(mutex_) = true;
  std::optional<Lanes::Time> tick_at_ MUSTER_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Alarm> next_tick_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster
