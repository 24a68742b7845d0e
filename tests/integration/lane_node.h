// LaneNode: a node whose fast lane a test writes down: the service of the wire on a Unix socket in
// a folder of its own, in this process, and the library's handle of a cluster that has it. For what
// a real daemon does not do on demand. Each stream is served by a thread of its own.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "muster/v1/node.grpc.pb.h"
#include "tests/integration/daemon_fixture.h"

namespace muster::test {

class LaneNode final : public v1::Node::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::ExecuteManyEvent, v1::ExecuteManyRequest>;
  // `number` counts the streams from 1; `first` is the message that opens it.
  using Script = std::function<grpc::Status(int number, const v1::ExecuteManyRequest& first,
                                            grpc::ServerContext* context, Stream* stream)>;

  explicit LaneNode(Script script);
  ~LaneNode() override;

  // With connections of its own.
  ClusterAPI Connect() const;
  ClusterAPI& cluster() { return *cluster_; }
  // Another daemon on the same socket; every connection breaks.
  void Restart(const std::string& incarnation);
  void Stop();
  // Says that it begins to end, and serves on.
  void Drain();

  std::atomic<int> lanes{0};
  std::atomic<int> executions{0};  // by Execute
  std::vector<v1::CancelRequest> cancels() const;
  // How many times a Cancel is answered with NOT_FOUND first.
  std::atomic<int> unknown_cancels{0};

  // ---- what scripts say ----
  void Open(Stream* stream, std::uint64_t received = 0) const;
  static v1::LaneEvent* Output(v1::ExecuteManyEvent* message, std::uint64_t sequence,
                               const std::string& data);
  static v1::LaneEvent* Value(v1::ExecuteManyEvent* message, std::uint64_t sequence,
                              const std::string& text);
  static v1::LaneEvent* Outcome(v1::ExecuteManyEvent* message, std::uint64_t sequence,
                                const std::string& value,
                                v1::Outcome::Kind kind = v1::Outcome::KIND_OK);

 private:
  void Start();
  grpc::Status Describe(grpc::ServerContext*, const v1::DescribeRequest*,
                        v1::DescribeResponse* response) override;
  grpc::Status Cancel(grpc::ServerContext*, const v1::CancelRequest* request,
                      v1::CancelResponse*) override;
  grpc::Status Execute(grpc::ServerContext*, const v1::ExecuteRequest* request,
                       grpc::ServerWriter<v1::ExecuteEvent>* writer) override;
  grpc::Status ExecuteMany(grpc::ServerContext* context, Stream* stream) override;

  const Script script_;
  Folder folder_;
  std::string configuration_;
  std::string incarnation_ = "0123456789abcdef";
  mutable std::mutex mutex_;
  std::vector<v1::CancelRequest> cancels_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<ClusterAPI> cluster_;
};

}  // namespace muster::test
