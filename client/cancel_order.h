// CancelOrder: stops an execution that another call, or another program, started: reaches its node,
// hands the order over, and tells whoever waits how that went. Thread-safe; lives until gRPC is
// done with it, whoever else lets go.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <memory>
#include <optional>

#include "client/node_link.h"
#include "common/mutex.h"

namespace muster {

class CancelOrder final : public NodeLink::Waiter,
                          public std::enable_shared_from_this<CancelOrder> {
 public:
  CancelOrder(std::shared_ptr<NodeLink> link, v1::ExecutionId id,
              std::optional<std::chrono::milliseconds> grace)
      : link_(std::move(link)), id_(std::move(id)), grace_(grace) {}

  // Once. Blocks for at most `timeout`; nothing is sent after it. NotFound: nothing of this id, and
  // of this user, runs or waits there; Unavailable: the node did not take the order.
  absl::Status Give(std::chrono::milliseconds timeout) MUSTER_EXCLUDES(mutex_);

  void OnConnected(NodeLink::Lease lease) override MUSTER_EXCLUDES(mutex_);
  void OnUnreachable(const std::string& why) override;

 private:
  void OnAnswer(const std::shared_ptr<Connection>& connection, const grpc::Status& status);
  void Finish(absl::Status status) MUSTER_EXCLUDES(mutex_);

  const std::shared_ptr<NodeLink> link_;
  const v1::ExecutionId id_;
  const std::optional<std::chrono::milliseconds> grace_;

  Mutex mutex_;
  CondVar finished_;
  std::chrono::steady_clock::time_point deadline_ MUSTER_GUARDED_BY(mutex_);
  std::optional<absl::Status> status_ MUSTER_GUARDED_BY(mutex_);  // the first one counts
};

}  // namespace muster
