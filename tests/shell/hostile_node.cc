// A daemon whose every word is hostile: what it says of itself, its refusals, outcomes, exceptions.
// For test_escapes.py. Arguments: the socket, a file with the words, and `answers` or `refuses`,
// which is to have another name than the caller knows. Serves until it is killed.
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "muster/v1/node.grpc.pb.h"

namespace {

namespace v1 = muster::v1;

// Also what no field of text may hold.
const char kRawBytes[] =
    "\x9b"
    "2J\xff\xc0\x9b";

const std::map<std::string, v1::Outcome::Kind> kKinds = {
    {"failed", v1::Outcome::KIND_FAILED},
    {"raised", v1::Outcome::KIND_FAILED},
    {"signalled", v1::Outcome::KIND_SIGNALLED},
    {"timed_out", v1::Outcome::KIND_TIMED_OUT},
    {"cancelled", v1::Outcome::KIND_CANCELLED},
    {"limit", v1::Outcome::KIND_LIMIT},
    {"start_failed", v1::Outcome::KIND_START_FAILED},
    {"out_of_memory", v1::Outcome::KIND_OUT_OF_MEMORY},
    {"lost", v1::Outcome::KIND_LOST},
    {"unkillable", v1::Outcome::KIND_UNKILLABLE},
    {"ok", v1::Outcome::KIND_OK},
    {"value", v1::Outcome::KIND_OK},
};

class HostileNode final : public v1::Node::Service {
 public:
  HostileNode(std::string words, bool refuses)
      : words_(std::move(words)), bytes_(kRawBytes + words_), refuses_(refuses) {}

 private:
  grpc::Status Describe(grpc::ServerContext*, const v1::DescribeRequest*,
                        v1::DescribeResponse* response) override {
    response->set_name(words_);
    response->set_name_is_explicit(refuses_);
    response->set_version(words_);
    response->set_python(words_);
    response->set_incarnation("0123456789abcdef");
    v1::RunningExecution* running = response->add_running();
    running->mutable_id()->set_stream_id(bytes_);
    running->mutable_id()->set_sequence(1);
    running->set_command(bytes_);
    return grpc::Status::OK;
  }

  grpc::Status Cancel(grpc::ServerContext*, const v1::CancelRequest*,
                      v1::CancelResponse*) override {
    return {grpc::StatusCode::NOT_FOUND, words_};
  }

  grpc::Status Execute(grpc::ServerContext*, const v1::ExecuteRequest* request,
                       grpc::ServerWriter<v1::ExecuteEvent>* writer) override {
    const std::string& asked = request->shell().source();
    if (asked == "refused") return {grpc::StatusCode::INVALID_ARGUMENT, words_};
    v1::ExecuteEvent event;
    event.mutable_started();
    writer->Write(event);
    if (asked == "reset") return {grpc::StatusCode::INTERNAL, words_};
    if (asked == "value") {
      event.mutable_value()->set_text(bytes_);
      writer->Write(event);
    }
    v1::Outcome& outcome = *event.mutable_outcome();
    const auto kind = kKinds.find(asked);
    outcome.set_kind(kind == kKinds.end() ? v1::Outcome::KIND_REFUSED : kind->second);
    outcome.set_reason(bytes_);
    outcome.set_has_value(asked == "value");
    if (asked == "raised") {
      outcome.mutable_exception()->set_type(bytes_);
      outcome.mutable_exception()->set_message(bytes_);
      outcome.mutable_exception()->set_traceback(bytes_);
    }
    writer->Write(event);
    return grpc::Status::OK;
  }

  const std::string words_;
  const std::string bytes_;
  const bool refuses_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::ifstream file(argv[2], std::ios::binary);
  HostileNode node(std::string(std::istreambuf_iterator<char>(file), {}),
                   std::string(argv[3]) == "refuses");
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("unix:") + argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&node);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::puts("ready");
  std::fflush(stdout);
  server->Wait();
}
