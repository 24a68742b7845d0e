#include "server/service/session_calls.h"

#include <absl/strings/str_cat.h>

#include "server/service/interact_wire.h"

namespace muster::server {

grpc::ServerUnaryReactor* SessionCalls::Open(const Identity& caller,
                                             grpc::CallbackServerContext& context,
                                             const v1::OpenSessionRequest& request) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  auto problem = CheckSessionName(request.name());
  if (!problem && request.has_terminal()) problem = CheckTerminal(request.terminal());
  const bool is_python = request.kind() == v1::SESSION_KIND_PYTHON;
  if (!problem && request.kind() != v1::SESSION_KIND_SHELL && !is_python) {
    problem = "there are shell and Python sessions, no others";
  }
  if (!problem && is_python && request.has_terminal()) {
    problem = "a Python session has no terminal";
  }
  if (problem) {
    reactor->Finish({grpc::StatusCode::INVALID_ARGUMENT, *problem});
    return reactor;
  }
  std::optional<Terminal> terminal;
  if (request.has_terminal()) terminal = ReadTerminal(request.terminal());
  loop_.Post([this, reactor, key = SessionKey{caller, request.name()}, terminal,
              kind = is_python ? SessionKind::kPython : SessionKind::kShell] {
    reactor->Finish(OpenNow(key, kind, terminal));
  });
  return reactor;
}

grpc::Status SessionCalls::OpenNow(const SessionKey& key, SessionKind kind,
                                   const std::optional<Terminal>& terminal) {
  if (table_.IsDraining()) return {grpc::StatusCode::UNAVAILABLE, "clusterd is shutting down"};
  if (!key.identity.why_no_jobs.empty()) {
    return {grpc::StatusCode::PERMISSION_DENIED, key.identity.why_no_jobs};
  }
  if (audit_ != nullptr) {
    if (const absl::Status status = audit_->OpenSession(key.identity, key.name); !status.ok()) {
      return {grpc::StatusCode::INTERNAL, std::string(status.message())};
    }
  }
  std::string why;
  switch (sessions_.Open(key, kind, terminal, &why)) {
    case SessionTable::Opened::kOpened:
      return grpc::Status::OK;
    case SessionTable::Opened::kExists:
      return {grpc::StatusCode::ALREADY_EXISTS,
              absl::StrCat("session ", key.name, " is open already")};
    case SessionTable::Opened::kTooMany:
      return {grpc::StatusCode::RESOURCE_EXHAUSTED,
              "too many sessions are open; close one of them"};
    case SessionTable::Opened::kFailed:
      break;
  }
  return {grpc::StatusCode::INTERNAL,
          absl::StrCat(DescribeSession(kind, key.name), " does not start: ", why)};
}

grpc::ServerUnaryReactor* SessionCalls::List(const Identity& caller,
                                             grpc::CallbackServerContext& context,
                                             v1::ListSessionsResponse& response) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  loop_.Post([this, reactor, &response, caller] {
    const auto now = EventLoop::Clock::now();
    for (const auto& session : sessions_.List(caller)) {
      const auto since = [now](EventLoop::Clock::time_point time) {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now - time).count());
      };
      v1::Session& shown = *response.add_sessions();
      shown.set_name(session->key().name);
      shown.set_kind(session->kind() == SessionKind::kPython ? v1::SESSION_KIND_PYTHON
                                                             : v1::SESSION_KIND_SHELL);
      shown.set_running(session->IsBusy());
      shown.set_waiting(static_cast<std::uint32_t>(session->waiting()));
      shown.set_age_ms(since(session->opened()));
      const bool is_idle = !session->IsBusy() && session->waiting() == 0;
      shown.set_idle_ms(is_idle ? since(session->used()) : 0);
    }
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* SessionCalls::Close(const Identity& caller,
                                              grpc::CallbackServerContext& context,
                                              const v1::CloseSessionRequest& request) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  loop_.Post([this, reactor, key = SessionKey{caller, request.name()}] {
    reactor->Finish(sessions_.Close(key)
                        ? grpc::Status::OK
                        : grpc::Status(grpc::StatusCode::NOT_FOUND,
                                       absl::StrCat("no session ", key.name, " is open")));
  });
  return reactor;
}

}  // namespace muster::server
