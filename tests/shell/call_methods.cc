// Calls a daemon as whoever runs this, past all that a client of ours would look at first. For
// test_access.py and test_rights.py. Arguments: the socket, and one of
//   methods [PATH…]     every rpc of the wire and of gRPC's health service, then these paths, each
//                       with an empty message: one line "PATH CODE MESSAGE" each
//   metadata BYTES      Describe with metadata of this size: such a line
//   terminal COMMAND    the command in a terminal: its output
//   input TEXT COMMAND [SESSION]  the command with this standard input: likewise
#include <google/protobuf/descriptor.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "muster/v1/node.grpc.pb.h"

namespace {

namespace v1 = muster::v1;

constexpr std::chrono::seconds kPatience{20};
// The largest piece of input that a message may have.
constexpr std::size_t kPieceBytes = 64u << 10;

void Print(const std::string& path, const grpc::Status& status) {
  std::printf("%s %d %s\n", path.c_str(), status.error_code(), status.error_message().c_str());
}

bool Await(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

// Whatever the rpc streams: one empty message there, at most one back.
grpc::Status Call(grpc::GenericStub& stub, const std::string& path) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  Await(queue);
  grpc::Slice nothing("");
  const grpc::ByteBuffer empty(&nothing, 1);
  call->WriteLast(empty, {}, nullptr);
  Await(queue);
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  // An rpc that goes on streaming has been let in.
  const bool is_open = Await(queue);
  if (is_open) {
    grpc::ByteBuffer more;
    context.TryCancel();
    call->Read(&more, nullptr);
    Await(queue);
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  Await(queue);
  queue.Shutdown();
  return is_open ? grpc::Status::OK : status;
}

int CallMethods(const std::shared_ptr<grpc::Channel>& channel, std::vector<std::string> paths) {
  std::vector<std::string> all;
  v1::DescribeRequest::descriptor();
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("muster.v1.Node");
  for (int i = 0; i < service->method_count(); ++i) {
    all.push_back("/" + service->full_name() + "/" + service->method(i)->name());
  }
  all.insert(all.end(), {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"});
  all.insert(all.end(), paths.begin(), paths.end());
  grpc::GenericStub stub(channel);
  for (const std::string& path : all) Print(path, Call(stub, path));
  return 0;
}

int SendMetadata(const std::shared_ptr<grpc::Channel>& channel, std::size_t bytes) {
  const auto stub = v1::Node::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  context.AddMetadata("filler", std::string(bytes, 'x'));
  v1::DescribeResponse response;
  Print("Describe", stub->Describe(&context, {}, &response));
  return 0;
}

int Interact(const std::shared_ptr<grpc::Channel>& channel, v1::InteractRequest request,
             const std::string& input) {
  const auto stub = v1::Node::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto stream = stub->Interact(&context);
  v1::ExecutionId& id = *request.mutable_start()->mutable_id();
  id.set_stream_id(std::string(16, 't'));
  id.set_sequence(
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()));
  const bool has_terminal = request.has_terminal();
  stream->Write(request);
  if (!has_terminal) {
    v1::InteractRequest more;
    for (std::size_t i = 0; i < input.size(); i += kPieceBytes) {
      more.set_input(input.substr(i, kPieceBytes));
      stream->Write(more);
    }
    more.set_end_of_input(true);
    stream->Write(more);
  }
  v1::InteractEvent event;
  int exit_code = 1;
  while (stream->Read(&event)) {
    const v1::Output& output = event.event().output();
    std::fwrite(output.data().data(), 1, output.data().size(),
                output.stream() == v1::Output::STREAM_STDERR ? stderr : stdout);
    if (!event.event().has_outcome()) continue;
    exit_code = event.event().outcome().exit_code();
    std::fprintf(stderr, "%s\n", event.event().outcome().reason().c_str());
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) Print("Interact", status);
  return exit_code;
}

int RunInTerminal(const std::shared_ptr<grpc::Channel>& channel, const std::string& command) {
  v1::InteractRequest request;
  request.mutable_terminal()->mutable_size()->set_rows(24);
  request.mutable_terminal()->mutable_size()->set_columns(80);
  request.mutable_start()->mutable_shell()->set_source(command);
  return Interact(channel, request, "");
}

int RunWithInput(const std::shared_ptr<grpc::Channel>& channel,
                 const std::vector<std::string>& arguments) {
  v1::InteractRequest request;
  request.mutable_start()->mutable_shell()->set_source(arguments[1]);
  if (arguments.size() > 2) request.mutable_start()->set_session(arguments[2]);
  return Interact(channel, request, arguments[0]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::vector<std::string> rest(argv + 3, argv + argc);
  const std::string what = argv[2];
  const auto channel = grpc::CreateChannel(std::string("unix:") + argv[1],
                                           grpc::experimental::LocalCredentials(UDS));
  if (what == "methods") return CallMethods(channel, rest);
  if (what == "metadata") return SendMetadata(channel, std::strtoul(rest[0].c_str(), nullptr, 10));
  if (what == "terminal") return RunInTerminal(channel, rest[0]);
  if (what == "input" && rest.size() >= 2) return RunWithInput(channel, rest);
  return 2;
}
