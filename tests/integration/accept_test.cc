// Who may connect, and what a flood of connections does.
#include <grpcpp/generic/generic_stub.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "tests/integration/node_fixture.h"

using muster::test::Eventually;
using muster::test::NodeFixture;
namespace v1 = muster::v1;

namespace {

muster::UniqueFd Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  muster::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fd.Reset();
  }
  return fd;
}

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("The socket and its lock are for their owner alone") {
  NodeFixture node;
  CHECK(ModeOf(node.path()) == 0600);
  CHECK(ModeOf(node.path() + ".lock") == 0600);
  CHECK(ModeOf(node.folder()) == 0700);
}

TEST_CASE("Another user who gets at the socket is closed at accept") {
  if (::geteuid() != 0) return;  // only root can become somebody else
  NodeFixture node;
  REQUIRE(::chmod(node.folder().c_str(), 0755) == 0);
  REQUIRE(::chmod(node.path().c_str(), 0666) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(10);
    const muster::UniqueFd fd = Connect(node.path());
    if (!fd.IsOpen()) ::_exit(11);
    ::alarm(10);
    char byte = 0;
    ::_exit(::read(fd.get(), &byte, 1) == 0 ? 0 : 12);  // closed, and not a byte before it
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(node.Run(node.Shell("echo ours")).out == "ours\n");
}

TEST_CASE("After a flood of connections beyond its descriptors the node serves again") {
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
  NodeFixture node;
  const rlimit low{64, 64};
  REQUIRE(::prlimit(node.pid(), RLIMIT_NOFILE, &low, nullptr) == 0);
  for (int round = 0; round < 3; ++round) {
    std::vector<muster::UniqueFd> flood;
    for (int i = 0; i < 150; ++i) flood.push_back(Connect(node.path()));
    flood.clear();
    muster::test::Collected got;
    CHECK(Eventually([&] {
      got = node.Run(node.Shell("echo alive"));
      return got.out == "alive\n";
    }));
    INFO(got.status.error_message() << " " << got.outcome.reason());
    CHECK(got.out == "alive\n");
  }
}

TEST_CASE("Garbage on the socket harms nobody else") {
  NodeFixture node;
  for (int i = 0; i < 200; ++i) {
    const muster::UniqueFd fd = Connect(node.path());
    REQUIRE(fd.IsOpen());
    std::string bytes(1 + i * 37 % 3000, '\0');
    for (std::size_t b = 0; b < bytes.size(); ++b) bytes[b] = static_cast<char>(b * 31 + i * 7);
    if (i % 2 == 0) bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes;
    [[maybe_unused]] const auto sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  CHECK(node.Run(node.Shell("echo alive")).out == "alive\n");
}

TEST_CASE("Health answers, for the server and for its service") {
  NodeFixture node;
  for (const std::string& request : {std::string(), std::string("\x0a\x0emuster.v1.Node")}) {
    grpc::GenericStub stub(node.channel());
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice slice(request);
    auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                      grpc::ByteBuffer(&slice, 1), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, &queue);
    void* tag = nullptr;
    bool ok = false;
    REQUIRE(queue.Next(&tag, &ok));
    CHECK(status.ok());
    grpc::Slice answer;
    REQUIRE(response.DumpToSingleSlice(&answer).ok());
    CHECK(std::string(answer.begin(), answer.end()) == "\x08\x01");  // SERVING
  }
}

TEST_CASE("Files travel over Transfer, and nothing else does") {
  NodeFixture node;
  v1::ExecuteRequest files = node.Shell("true");
  files.mutable_files()->set_direction(v1::FileTransfer::DIRECTION_PUT);
  files.mutable_files()->add_paths(node.folder() + "/in/");
  CHECK(node.Run(files).status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  const auto transfer = [&](const v1::InteractRequest& first, const std::string& input) {
    grpc::ClientContext context;
    const auto stream = node.stub().Transfer(&context);
    stream->Write(first);
    v1::InteractRequest more;
    more.set_input(input);
    if (!input.empty()) stream->Write(more);
    v1::InteractEvent event;
    v1::Outcome outcome;
    while (stream->Read(&event)) outcome = event.event().outcome();
    const grpc::Status status = stream->Finish();
    if (!status.ok()) outcome.set_exit_code(1000 + status.error_code());
    return outcome;
  };
  v1::InteractRequest first;
  *first.mutable_start() = node.Shell("true");
  CHECK(transfer(first, "").exit_code() == 1000 + grpc::StatusCode::INVALID_ARGUMENT);
  const auto begin = [&] {
    *first.mutable_start() = node.Shell("true");
    *first.mutable_start()->mutable_files() = files.files();
  };
  begin();
  first.mutable_terminal();
  CHECK(transfer(first, "").exit_code() == 1000 + grpc::StatusCode::INVALID_ARGUMENT);
  first.clear_terminal();
  begin();
  first.mutable_start()->mutable_files()->add_paths("second");
  CHECK(transfer(first, "").kind() == v1::Outcome::KIND_REFUSED);
  begin();
  first.mutable_start()->mutable_files()->clear_direction();
  CHECK(transfer(first, "").kind() == v1::Outcome::KIND_REFUSED);
  begin();
  first.mutable_start()->mutable_files()->set_paths(0, std::string("a\0b", 3));
  CHECK(transfer(first, "").kind() == v1::Outcome::KIND_REFUSED);
  begin();
  first.mutable_start()->set_session("s");
  CHECK(transfer(first, "").kind() == v1::Outcome::KIND_REFUSED);
  begin();
  CHECK(transfer(first, "GET / HTTP/1.1\r\n\r\n").exit_code() == 1);
}
