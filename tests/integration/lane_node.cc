#include "tests/integration/lane_node.h"

#include <grpcpp/health_check_service_interface.h>

#include <stdexcept>

namespace muster::test {

LaneNode::LaneNode(Script script) : script_(std::move(script)) {
  configuration_ = folder_.Write(
      "cluster.conf", "[cluster trial]\nnodes = n1=unix:" + folder_.path() + "/n1.sock\n");
  Start();
  cluster_ = std::make_unique<ClusterAPI>(Connect());
}

LaneNode::~LaneNode() {
  cluster_.reset();
  Stop();
}

ClusterAPI LaneNode::Connect() const {
  Result<ClusterAPI> cluster = ClusterAPI::connect("", configuration_);
  if (!cluster.ok()) throw std::runtime_error(cluster.status().message());
  return std::move(*cluster);
}

void LaneNode::Start() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + folder_.path() + "/n1.sock",
                           grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

void LaneNode::Stop() {
  if (server_) server_->Shutdown(std::chrono::system_clock::now());
  server_.reset();
}

void LaneNode::Drain() { server_->GetHealthCheckService()->SetServingStatus(false); }

void LaneNode::Restart(const std::string& incarnation) {
  Stop();
  incarnation_ = incarnation;
  Start();
}

std::vector<v1::CancelRequest> LaneNode::cancels() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return cancels_;
}

void LaneNode::Open(Stream* stream, std::uint64_t received) const {
  v1::ExecuteManyEvent message;
  message.mutable_opened()->set_incarnation(incarnation_);
  message.mutable_opened()->set_received(received);
  stream->Write(message);
}

v1::LaneEvent* LaneNode::Output(v1::ExecuteManyEvent* message, std::uint64_t sequence,
                                const std::string& data) {
  v1::LaneEvent* event = message->add_events();
  event->set_sequence(sequence);
  event->mutable_output()->set_stream(v1::Output::STREAM_STDOUT);
  event->mutable_output()->set_data(data);
  return event;
}

v1::LaneEvent* LaneNode::Value(v1::ExecuteManyEvent* message, std::uint64_t sequence,
                               const std::string& text) {
  v1::LaneEvent* event = message->add_events();
  event->set_sequence(sequence);
  event->set_value(text);
  return event;
}

v1::LaneEvent* LaneNode::Outcome(v1::ExecuteManyEvent* message, std::uint64_t sequence,
                                 const std::string& value, v1::Outcome::Kind kind) {
  v1::LaneEvent* event = message->add_events();
  event->set_sequence(sequence);
  event->set_value(value);
  event->mutable_outcome()->set_kind(kind);
  event->mutable_outcome()->set_has_value(kind == v1::Outcome::KIND_OK);
  return event;
}

grpc::Status LaneNode::Describe(grpc::ServerContext*, const v1::DescribeRequest*,
                                v1::DescribeResponse* response) {
  response->set_name("n1");
  response->set_incarnation(incarnation_);
  return grpc::Status::OK;
}

grpc::Status LaneNode::Cancel(grpc::ServerContext*, const v1::CancelRequest* request,
                              v1::CancelResponse*) {
  if (unknown_cancels > 0) {
    --unknown_cancels;
    return {grpc::StatusCode::NOT_FOUND, "not yet"};
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  cancels_.push_back(*request);
  return grpc::Status::OK;
}

grpc::Status LaneNode::Execute(grpc::ServerContext*, const v1::ExecuteRequest* request,
                               grpc::ServerWriter<v1::ExecuteEvent>* writer) {
  ++executions;
  v1::ExecuteEvent event;
  event.mutable_started();
  writer->Write(event);
  event.mutable_value()->set_text("by itself: " + request->python().source());
  writer->Write(event);
  event.mutable_outcome()->set_kind(v1::Outcome::KIND_OK);
  event.mutable_outcome()->set_has_value(true);
  writer->Write(event);
  return grpc::Status::OK;
}

grpc::Status LaneNode::ExecuteMany(grpc::ServerContext* context, Stream* stream) {
  const int number = ++lanes;
  v1::ExecuteManyRequest first;
  if (!stream->Read(&first)) return grpc::Status::OK;
  return script_(number, first, context, stream);
}

}  // namespace muster::test
