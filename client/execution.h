// Execution: one call while it runs: waits for a place on a connection to its node, puts the
// request on the wire, turns what comes back into events and exactly one outcome. It decides what a
// failure means: before anything was sent a node is unreachable, afterwards the execution is lost.
//
// What broke off before the node accepted it may have been started there, or not: gRPC 1.51 does
// not tell. So it is sent once more, with the same id, to the same life of the same daemon, which
// starts an id once: it runs now, or it is lost because it was started before. Thread-safe.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "client/call_state.h"
#include "client/event_stream.h"
#include "client/forks.h"
#include "client/node_link.h"
#include "client/value_pieces.h"
#include "common/mutex.h"

namespace muster {

class Execution final : public CallControl,
                        public NodeLink::Waiter,
                        public EventStream::Events,
                        public std::enable_shared_from_this<Execution> {
 public:
  Execution(std::shared_ptr<Call::State> call, std::shared_ptr<NodeLink> link,
            v1::ExecuteRequest request)
      : call_(std::move(call)), link_(std::move(link)), request_(std::move(request)) {}

  // Once. Never blocks.
  void Begin();

  void ReadOn() override;
  void Cancel(std::optional<std::chrono::milliseconds> grace) override;
  void Abandon() override;

  void OnConnected(NodeLink::Lease lease) override;
  void OnUnreachable(const std::string& why) override;

  bool OnEvent(v1::ExecuteEvent& event) override;
  void OnEnd(const grpc::Status& status) override;

 private:
  enum class Stage { kConnecting, kSent, kEnded };

  void Finish(Outcome::Kind kind, std::string reason);
  // The first attempt broke off, and whether it was started cannot be found out.
  void FinishInDoubt(const std::string& why);
  // Why an attempt to send it again over this connection could start it twice; null: it cannot.
  const char* WhyNotAgain(const Connection& connection) const MUSTER_REQUIRES(mutex_);
  std::shared_ptr<EventStream> MakeStream(const std::shared_ptr<Connection>& connection);
  // How an attempt stood when its stream ended.
  struct Broken {
    std::shared_ptr<Connection> connection;
    bool is_other_incarnation = false;
    bool was_started = false;
    bool was_abandoned = false;
    bool in_doubt = false;  // after a second try, too
  };
  void TellBreak(const grpc::Status& status, const Broken& broken);
  void OnStarted();
  void SendCancel(Connection& connection, const v1::ExecutionId& id,
                  std::optional<std::chrono::milliseconds> grace);
  std::optional<std::chrono::milliseconds> Guard() const MUSTER_REQUIRES(mutex_);

  const std::shared_ptr<Call::State> call_;
  const std::shared_ptr<NodeLink> link_;
  const int forks_ = Forks();  // of the process that it belongs to
  ValuePieces value_;          // only the stream's reactions touch it

  Mutex mutex_;
  Stage stage_ MUSTER_GUARDED_BY(mutex_) = Stage::kConnecting;
  v1::ExecuteRequest request_ MUSTER_GUARDED_BY(mutex_);
  NodeLink::Lease lease_ MUSTER_GUARDED_BY(mutex_);  // from kSent until the stream has ended
  std::shared_ptr<EventStream> stream_ MUSTER_GUARDED_BY(mutex_);
  bool is_started_ MUSTER_GUARDED_BY(mutex_) = false;  // the node said that it accepted it
  bool is_second_try_ MUSTER_GUARDED_BY(mutex_) = false;
  // With what the first attempt broke off before the node said that it accepted it.
  std::optional<grpc::Status> doubt_ MUSTER_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point sent_ MUSTER_GUARDED_BY(mutex_);  // the first time
  bool is_abandoned_ MUSTER_GUARDED_BY(mutex_) = false;
  // Wanted, but not sent yet: the node would not know the id before it said Started.
  bool wants_cancel_ MUSTER_GUARDED_BY(mutex_) = false;
  bool cancel_is_sent_ MUSTER_GUARDED_BY(mutex_) = false;
  std::optional<std::chrono::milliseconds> cancel_grace_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster
