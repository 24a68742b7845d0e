#include "server/service/node_server.h"

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "common/limits.h"
#include "server/service/grpc_log.h"

namespace muster::server {
namespace {

// Times in milliseconds. Keepalive finds a client that froze or was cut off within 15 s; the
// client's own pings every 10 s have to be allowed, with some slack. See grpc's doc/keepalive.md.
void SetArguments(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 128);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5'000);
  // Identity only: a compressed message could unpack to anything.
  builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
}

}  // namespace

NodeServer::NodeServer(EventLoop& loop, ExecutionTable& table, SessionTable& sessions,
                       NodeFacts facts, int listening_fd, const ConnectionCaps& caps)
    : service_(loop, table, sessions, std::move(facts)),
      connections_(caps),
      acceptor_(listening_fd, connections_),
      guard_(connections_) {}

NodeServer::~NodeServer() = default;

bool NodeServer::Start() {
  TakeGrpcLog();
  // One reference is never given back: with the last one gRPC tidies up all it has, and now and
  // then waits 10 s for a connection that its client broke in that moment. The process ends anyway.
  ::grpc_init();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  SetArguments(builder);
  builder.RegisterService(&service_);
  acceptor_.Prepare(builder);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return false;
  server_->GetHealthCheckService()->SetServingStatus(v1::Node::service_full_name(), true);
  guard_.Start();
  acceptor_.Start();
  return true;
}

void NodeServer::StopAccepting() {
  acceptor_.Stop();
  server_->GetHealthCheckService()->SetServingStatus(false);
}

void NodeServer::Shutdown(std::chrono::milliseconds time) {
  service_.open_calls().WaitForNone(time);
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

}  // namespace muster::server
