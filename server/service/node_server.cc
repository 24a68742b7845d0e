#include "server/service/node_server.h"

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include "server/service/grpc_log.h"

namespace muster::server {
namespace {
// For clients that have heard of the drain to close their connections. A call that they make before
// is refused by the service; one that met the end of gRPC's server would be lost to them.
constexpr std::chrono::milliseconds kToLeave{1000};
}  // namespace

NodeServer::NodeServer(EventLoop& loop, ExecutionTable& table, PoolTable& pools,
                       SessionTable& sessions, NodeFacts facts, const AccessRules& rules,
                       AuditLog* audit, int listening_fd, const ConnectionCaps& caps)
    : service_(loop, table, pools, sessions, std::move(facts), audit),
      connections_(caps),
      acceptor_(listening_fd, rules, connections_,
                [this, audit](const Identity& identity) {
                  const auto deny = [audit](const Identity& who, const std::string& what) {
                    spdlog::warn("denied to user {}: {}", who.name, what);
                    if (audit == nullptr) return;
                    // It was denied, recorded or not.
                    [[maybe_unused]] const absl::Status status = audit->Denied(who, what);
                  };
                  auto server =
                      IdentityServer::Start(service_, identity, deny, connections_.caps().idle);
                  if (is_draining_ && server != nullptr) server->StopServing();
                  return server;
                }),
      guard_(connections_),
      starvation_guard_(connections_, [this] { return ConnectToSelf(); }) {}

NodeServer::~NodeServer() = default;

void NodeServer::Start() {
  TakeGrpcLog();
  // One reference is never given back: with the last one gRPC tidies up all it has, and now and
  // then waits 10 s for a connection that its client broke in that moment. The process ends anyway.
  ::grpc_init();
  grpc::EnableDefaultHealthCheckService(true);
  Identity self;
  self.name = "clusterd";
  self.rule = "being clusterd";
  own_ = IdentityServer::Start(
      service_, self, [](const Identity&, const std::string&) {}, std::chrono::milliseconds(0));
  guard_.Start();
  starvation_guard_.Start();
  acceptor_.Start();
}

UniqueFd NodeServer::ConnectToSelf() {
  int fds[2];
  // Non-blocking, as gRPC wants them.
  if (own_ == nullptr ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
    return {};
  }
  own_->Accept(UniqueFd(fds[1]), -1);
  return UniqueFd(fds[0]);
}

void NodeServer::BeginDrain() {
  acceptor_.Stop();  // the servers are ours meanwhile
  for (const auto& [identity, server] : acceptor_.servers()) server->StopServing();
  is_draining_ = true;
  acceptor_.Start();
}

void NodeServer::Shutdown(std::chrono::milliseconds time) {
  acceptor_.Stop();
  service_.open_calls().WaitForNone(time);
  connections_.WaitForEnds(kToLeave);
  starvation_guard_.Stop();
  if (own_ != nullptr) own_->Shutdown();
  for (const auto& [identity, server] : acceptor_.servers()) server->Shutdown();
}

}  // namespace muster::server
