// A node whose fast lane answers every piece of Python at once with its own source, message for
// message: what is left is the client's share. For fast_lane_client_test.cc. Argument: the socket.
// Serves until its standard input ends.
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "muster/v1/node.grpc.pb.h"

namespace {

namespace v1 = muster::v1;

class EchoNode final : public v1::Node::Service {
  grpc::Status Describe(grpc::ServerContext*, const v1::DescribeRequest*,
                        v1::DescribeResponse* response) override {
    response->set_incarnation("0123456789abcdef");
    return grpc::Status::OK;
  }

  grpc::Status ExecuteMany(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::ExecuteManyEvent, v1::ExecuteManyRequest>* stream) override {
    v1::ExecuteManyRequest request;
    v1::ExecuteManyEvent answer;
    if (!stream->Read(&request)) return grpc::Status::OK;
    answer.mutable_opened()->set_incarnation("0123456789abcdef");
    stream->Write(answer);
    while (stream->Read(&request)) {
      answer.Clear();
      for (v1::ExecuteRequest& one : *request.mutable_requests()) {
        v1::LaneEvent* event = answer.add_events();
        event->set_sequence(one.id().sequence());
        event->mutable_value()->swap(*one.mutable_python()->mutable_source());
        event->mutable_outcome()->set_kind(v1::Outcome::KIND_OK);
        event->mutable_outcome()->set_has_value(true);
        event->mutable_outcome()->mutable_usage()->set_wall_us(3);
        event->mutable_outcome()->mutable_usage()->set_cpu_us(3);
      }
      if (answer.events_size() > 0) stream->Write(answer);
    }
    return grpc::Status::OK;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  EchoNode node;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("unix:") + argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&node);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::puts("ready");
  std::fflush(stdout);
  char end = 0;
  while (::read(STDIN_FILENO, &end, 1) > 0) {
  }
  server->Shutdown(std::chrono::system_clock::now());
}
