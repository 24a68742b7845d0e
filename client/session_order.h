// SessionOrder: one question or order about sessions to one node: reaches it, hands the order over,
// and tells whoever waits how that went. Thread-safe; lives until gRPC is done with it, whoever
// else lets go.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "client/node_link.h"
#include "common/mutex.h"

namespace muster {

class SessionOrder final : public NodeLink::Waiter,
                           public std::enable_shared_from_this<SessionOrder> {
 public:
  using Request =
      std::variant<v1::OpenSessionRequest, v1::ListSessionsRequest, v1::CloseSessionRequest>;
  // Empty but for ListSessions.
  using Answer = absl::StatusOr<v1::ListSessionsResponse>;

  SessionOrder(std::shared_ptr<NodeLink> link, Request request,
               std::chrono::steady_clock::time_point deadline)
      : link_(std::move(link)), request_(std::move(request)), deadline_(deadline) {}

  // Once. Returns at once.
  void Begin() { link_->Connect(NodeLink::Use::kQuestion, shared_from_this()); }
  // Blocks, until the deadline at the latest. Unavailable: the node did not answer; else what it
  // said.
  Answer Wait() MUSTER_EXCLUDES(mutex_);

  void OnConnected(NodeLink::Lease lease) override MUSTER_EXCLUDES(mutex_);
  void OnUnreachable(const std::string& why) override;

 private:
  struct Exchange;
  void OnAnswer(Exchange& exchange, const grpc::Status& status);
  void Finish(Answer answer) MUSTER_EXCLUDES(mutex_);

  const std::shared_ptr<NodeLink> link_;
  const Request request_;
  const std::chrono::steady_clock::time_point deadline_;
  Mutex mutex_;
  CondVar finished_;
  std::optional<Answer> answer_ MUSTER_GUARDED_BY(mutex_);  // the first one counts
};

}  // namespace muster
