// SessionCalls: the rpcs about sessions themselves. Thread-safe.
#pragma once

#include "muster/v1/node.grpc.pb.h"
#include "server/execution/event_loop.h"
#include "server/execution/execution_table.h"
#include "server/execution/session_table.h"
#include "server/service/audit_log.h"
#include "server/service/identity_table.h"

namespace muster::server {

class SessionCalls {
 public:
  // `table`: whether the daemon drains. `audit`: may be null.
  SessionCalls(EventLoop& loop, const ExecutionTable& table, SessionTable& sessions,
               const IdentityTable& identities, AuditLog* audit)
      : loop_(loop), table_(table), sessions_(sessions), identities_(identities), audit_(audit) {}

  grpc::ServerUnaryReactor* Open(grpc::CallbackServerContext& context,
                                 const v1::OpenSessionRequest& request);
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext& context,
                                 v1::ListSessionsResponse& response);
  grpc::ServerUnaryReactor* Close(grpc::CallbackServerContext& context,
                                  const v1::CloseSessionRequest& request);

 private:
  grpc::Status OpenNow(const SessionKey& key, const std::optional<Terminal>& terminal);

  EventLoop& loop_;
  const ExecutionTable& table_;
  SessionTable& sessions_;
  const IdentityTable& identities_;
  AuditLog* const audit_;
};

}  // namespace muster::server
