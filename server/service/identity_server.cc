#include "server/service/identity_server.h"

#include <grpc/grpc.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>

#include "common/limits.h"
#include "common/tsan.h"

namespace muster::server {
namespace {

// Times in milliseconds. Keepalive finds a client that froze or was cut off within 15 s; the
// client's own pings every 10 s have to be allowed, with some slack. See grpc's doc/keepalive.md.
//
// A connection without a stream ends by gRPC's own count of them. A call that crosses that end is
// lost to a bare client; one of Muster has a stream open as long as the connection (DrainWatch), so
// it never meets it.
void SetArguments(grpc::ServerBuilder& builder, std::chrono::milliseconds idle) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000 * kTsanSlowness);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 128);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5'000);
  if (idle.count() > 0) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, static_cast<int>(idle.count()));
  }
  // Identity only: a compressed message could unpack to anything.
  builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
}

}  // namespace

std::unique_ptr<IdentityServer> IdentityServer::Start(NodeService& node, Identity identity,
                                                      const GuardedNode::Denied& on_denied,
                                                      std::chrono::milliseconds idle) {
  std::unique_ptr<IdentityServer> server(new IdentityServer(node, std::move(identity), on_denied));
  grpc::ServerBuilder builder;
  SetArguments(builder, idle);
  builder.RegisterService(&server->service_);
  server->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::experimental::LocalServerCredentials(UDS));
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) return nullptr;
  server->server_->GetHealthCheckService()->SetServingStatus(v1::Node::service_full_name(), true);
  return server;
}

void IdentityServer::Accept(UniqueFd connection, int listening_fd) {
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listening_fd;
  parameters.fd = connection.Release();
  TsanRelease(&service_);
  acceptor_->HandleNewConnection(&parameters);
}

void IdentityServer::StopServing() { server_->GetHealthCheckService()->SetServingStatus(false); }

void IdentityServer::Shutdown() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

}  // namespace muster::server
