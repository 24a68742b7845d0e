// SessionCalls: the rpcs about sessions themselves. Thread-safe.
#pragma once

#include "muster/v1/node.grpc.pb.h"
#include "server/execution/event_loop.h"
#include "server/execution/execution_table.h"
#include "server/execution/session_table.h"
#include "server/service/audit_log.h"

namespace muster::server {

class SessionCalls {
 public:
  // `table`: whether the daemon drains. `audit`: may be null.
  SessionCalls(EventLoop& loop, const ExecutionTable& table, SessionTable& sessions,
               AuditLog* audit)
      : loop_(loop), table_(table), sessions_(sessions), audit_(audit) {}

  grpc::ServerUnaryReactor* Open(const Identity& caller, grpc::CallbackServerContext& context,
                                 const v1::OpenSessionRequest& request);
  grpc::ServerUnaryReactor* List(const Identity& caller, grpc::CallbackServerContext& context,
                                 v1::ListSessionsResponse& response);
  grpc::ServerUnaryReactor* Close(const Identity& caller, grpc::CallbackServerContext& context,
                                  const v1::CloseSessionRequest& request);

 private:
  grpc::Status OpenNow(const SessionKey& key, SessionKind kind,
                       const std::optional<Terminal>& terminal);

  EventLoop& loop_;
  const ExecutionTable& table_;
  SessionTable& sessions_;
  AuditLog* const audit_;
};

}  // namespace muster::server
