// FakeNode: a node whose behaviour a test writes down: the service of the wire on a Unix socket, in
// this process. For what a real daemon does not do on demand.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "muster/v1/node.grpc.pb.h"

namespace muster {

class FakeNode final : public v1::Node::Service {
 public:
  using Writer = grpc::ServerWriter<v1::ExecuteEvent>;
  using Execution =
      std::function<grpc::Status(grpc::ServerContext*, const v1::ExecuteRequest&, Writer*)>;

  FakeNode(const std::string& path, Execution execution) : execution_(std::move(execution)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + path, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeNode() override { Stop(); }

  // Breaks every connection.
  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::atomic<int> hellos{0};
  std::atomic<int> executions{0};
  std::atomic<int> cancels{0};
  std::atomic<int> hello_delay_ms{0};
  std::atomic<grpc::StatusCode> cancel_code{grpc::StatusCode::OK};
  std::atomic<int> cancel_delay_ms{0};
  std::atomic<bool> changes_incarnation{false};  // with each hello

  // What most executions begin and end with.
  static void Started(Writer* writer) {
    v1::ExecuteEvent event;
    event.mutable_started();
    writer->Write(event);
  }
  static void Output(Writer* writer, const std::string& data) {
    v1::ExecuteEvent event;
    event.mutable_output()->set_stream(v1::Output::STREAM_STDOUT);
    event.mutable_output()->set_data(data);
    writer->Write(event);
  }
  static void Outcome(Writer* writer, v1::Outcome::Kind kind) {
    v1::ExecuteEvent event;
    event.mutable_outcome()->set_kind(kind);
    event.mutable_outcome()->set_has_value(true);
    writer->Write(event);
  }

 private:
  grpc::Status Describe(grpc::ServerContext*, const v1::DescribeRequest*,
                        v1::DescribeResponse* response) override;
  grpc::Status Cancel(grpc::ServerContext*, const v1::CancelRequest*, v1::CancelResponse*) override;
  grpc::Status Execute(grpc::ServerContext* context, const v1::ExecuteRequest* request,
                       Writer* writer) override {
    ++executions;
    return execution_(context, *request, writer);
  }

  const Execution execution_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace muster
