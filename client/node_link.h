// NodeLink: the way to one node: at most one connection, made when it is needed and again when it
// broke. Before anything is executed over a new connection the daemon is asked to describe itself
// (the hello), so that a node that cannot be reached is told apart from one that was lost in the
// middle; who comes while a hello is under way shares it. Thread-safe. May end on any thread.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/connection.h"
#include "client/trust.h"
#include "common/address.h"
#include "common/mutex.h"

namespace muster {

class NodeLink : public std::enable_shared_from_this<NodeLink> {
 public:
  // Somebody who waits for a connection. Exactly one of the two runs, once, on a thread of gRPC or
  // in the call of Connect.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    virtual void OnConnected(std::shared_ptr<Connection> connection) = 0;
    // Nothing was sent. `why` names the node and its address.
    virtual void OnUnreachable(const std::string& why) = 0;
  };
  // An error says why, naming the node.
  using Described = std::function<void(absl::StatusOr<v1::DescribeResponse>)>;

  NodeLink(std::string name, Address address, Trust trust = Trust())
      : name_(std::move(name)), address_(std::move(address)), trust_(std::move(trust)) {}

  const std::string& name() const { return name_; }

  // Never blocks. The connection has had its hello.
  void Connect(const std::shared_ptr<Waiter>& waiter) MUSTER_EXCLUDES(mutex_);
  // Never blocks; the reaction runs once, soon after `deadline` at the latest.
  void Describe(const v1::DescribeRequest& request, std::chrono::steady_clock::time_point deadline,
                Described reaction) MUSTER_EXCLUDES(mutex_);
  // This connection is of no use any more.
  void Forget(const Connection* connection) MUSTER_EXCLUDES(mutex_);

 private:
  // The connection there is, or a new one.
  absl::StatusOr<std::shared_ptr<Connection>> GetConnection() MUSTER_EXCLUDES(mutex_);
  void SayHello() MUSTER_EXCLUDES(mutex_);
  void EndHello(const absl::StatusOr<std::shared_ptr<Connection>>& result) MUSTER_EXCLUDES(mutex_);
  absl::Status Unreachable(const std::string& why) const;

  const std::string name_;
  const Address address_;
  const Trust trust_;
  Mutex mutex_;
  std::shared_ptr<Connection> connection_ MUSTER_GUARDED_BY(mutex_);
  bool says_hello_ MUSTER_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<Waiter>> waiting_ MUSTER_GUARDED_BY(mutex_);  // for the hello
};

}  // namespace muster
