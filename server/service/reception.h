// Reception: where every execution comes in, over whichever rpc: checks what is asked for, whether
// it is taken on now, records it, and starts it. Check is thread-safe, the rest is the event
// loop's.
#pragma once

#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "muster/v1/node.pb.h"
#include "server/execution/execution_table.h"
#include "server/execution/session_table.h"
#include "server/service/audit_log.h"
#include "server/service/node_facts.h"
#include "server/service/wire.h"

namespace muster::server {

class Reception {
 public:
  using Caller = std::shared_ptr<const Identity>;
  // Nothing is started: an outcome, or the end of the call.
  using Rejection = std::variant<Refusal, grpc::Status>;

  // `audit`: null, or where everything that runs is recorded.
  Reception(ExecutionTable& table, SessionTable& sessions, const NodeFacts& facts, AuditLog* audit)
      : table_(table), sessions_(sessions), facts_(facts), audit_(audit) {}

  // Whether what is asked for is meant for this node in this life of its daemon.
  std::optional<Rejection> CheckAddress(const std::string& incarnation,
                                        const std::string& node) const;
  // The request, complete; `complete` adds to it what the message does not hold. `is_transfer`: it
  // has to be one of files, and otherwise may not.
  std::variant<ExecutionRequest, Rejection> Check(
      const v1::ExecuteRequest& message, const Caller& caller,
      const std::function<void(ExecutionRequest&)>& complete, bool is_transfer = false) const;
  // Whether it may start or wait now; it is recorded then, and its id used up.
  std::optional<Rejection> Admit(const ExecutionRequest& request);
  // Null: it has its outcome already.
  std::shared_ptr<ExecutionControl> Launch(ExecutionRequest request,
                                           const std::shared_ptr<ExecutionSink>& sink);

  // It is refused, and that is recorded.
  void Deny(const Identity& caller, const std::string& why) const;
  // Why it may not start now, in one line; empty: it is recorded and may.
  std::string Record(const ExecutionRequest& request) const;

 private:
  ExecutionTable& table_;
  SessionTable& sessions_;
  const NodeFacts& facts_;
  AuditLog* const audit_;
};

// The outcome of what was refused.
Outcome Refused(std::string reason);

}  // namespace muster::server
