#include "tests/integration/node_fixture.h"

#include <grpcpp/security/credentials.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace muster::test {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

NodeFixture::NodeFixture(std::vector<std::string> extra_arguments) {
  char folder[] = "/tmp/muster-test-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  folder_ = folder;
  path_ = folder_ + "/n1.sock";
  ChildProcess::Options options;
  options.argv = {ProgramPath("clusterd"), "--name",      "n1",  "--listen",
                  "unix:" + path_,         "--log-level", "warn"};
  options.argv.insert(options.argv.end(), extra_arguments.begin(), extra_arguments.end());
  int pipe_fds[2];
  REQUIRE(::pipe(pipe_fds) == 0);
  UniqueFd read(pipe_fds[0]);
  UniqueFd write(pipe_fds[1]);
  options.fds = {{write.get(), 1}, {2, 2}};
  auto started = ChildProcess::Start(options);
  REQUIRE(started.ok());
  daemon_ = std::move(*started);
  write.Reset();
  std::string line;
  char c = 0;
  while (::read(read.get(), &c, 1) == 1 && c != '\n') line += c;
  REQUIRE(line == "clusterd n1 listening on unix:" + path_);

  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  channel_ = grpc::CreateCustomChannel("unix:" + path_, grpc::experimental::LocalCredentials(UDS),
                                       arguments);
  stub_ = v1::Node::NewStub(channel_);
  stream_id_.resize(16);
  REQUIRE(::getrandom(stream_id_.data(), 16, 0) == 16);
}

NodeFixture::~NodeFixture() {
  stub_.reset();  // the daemon waits a moment for its clients to leave
  channel_.reset();
  daemon_.Kill(SIGTERM);
  if (!daemon_.WaitUntil(Clock::now() + std::chrono::seconds(10))) {
    daemon_.Kill(SIGKILL);
    daemon_.WaitUntil(Clock::now() + std::chrono::seconds(5));
  }
  ::unlink((path_ + ".lock").c_str());
  ::unlink(path_.c_str());
  ::rmdir(folder_.c_str());
}

pid_t NodeFixture::SpawnerPid() {
  std::vector<pid_t> found;
  // For a moment a process that was just started has no command line yet.
  Eventually([&] {
    found = ChildrenWith(daemon_.pid(), "clusterd-spawner");
    return !found.empty() || daemon_.WaitUntil(Clock::now());
  });
  return found.empty() ? 0 : found[0];
}

v1::ExecuteRequest NodeFixture::Request() {
  v1::ExecuteRequest request;
  request.mutable_id()->set_stream_id(stream_id_);
  request.mutable_id()->set_sequence(++sequence_);
  return request;
}

v1::ExecuteRequest NodeFixture::Shell(const std::string& source) {
  v1::ExecuteRequest request = Request();
  request.mutable_shell()->set_source(source);
  return request;
}

v1::ExecuteRequest NodeFixture::Python(const std::string& source) {
  v1::ExecuteRequest request = Request();
  request.mutable_python()->set_source(source);
  return request;
}

v1::ExecuteRequest NodeFixture::Argv(const std::vector<std::string>& arguments) {
  v1::ExecuteRequest request = Request();
  request.mutable_argv();
  for (const std::string& argument : arguments) request.mutable_argv()->add_arguments(argument);
  return request;
}

Collected NodeFixture::Run(const v1::ExecuteRequest& request,
                           const std::function<void(const v1::ExecuteEvent&)>& on_event,
                           grpc::ClientContext* context) {
  grpc::ClientContext own_context;
  const auto start = Clock::now();
  auto reader = stub_->Execute(context != nullptr ? context : &own_context, request);
  Collected collected;
  v1::ExecuteEvent event;
  while (reader->Read(&event)) {
    if (on_event) on_event(event);
    if (event.has_started()) collected.started = true;
    if (event.has_value()) collected.value += event.value().text();
    if (event.has_output()) {
      (event.output().stream() == v1::Output::STREAM_STDOUT ? collected.out : collected.err) +=
          event.output().data();
    }
    if (event.has_outcome()) {
      ++collected.outcomes;
      collected.outcome = event.outcome();
    }
  }
  collected.status = reader->Finish();
  collected.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  return collected;
}

grpc::Status NodeFixture::Cancel(const v1::ExecuteRequest& request, int grace_ms) {
  grpc::ClientContext context;
  v1::CancelRequest cancel;
  *cancel.mutable_id() = request.id();
  if (grace_ms >= 0) cancel.set_grace_ms(static_cast<std::uint64_t>(grace_ms));
  v1::CancelResponse response;
  return stub_->Cancel(&context, cancel, &response);
}

}  // namespace muster::test
