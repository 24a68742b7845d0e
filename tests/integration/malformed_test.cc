// Bytes that no client sends, and those of a real one that were changed: the daemon lives, others
// are served, and nothing stays behind.
#include <grpcpp/create_channel_posix.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "tests/integration/malformed_cases.h"
#include "tests/integration/measuring.h"
#include "tests/integration/node_fixture.h"
#include "tests/integration/raw_http2.h"

using muster::UniqueFd;
using muster::test::AnonymousKiB;
using muster::test::Collected;
using muster::test::DescriptorsOf;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::Rounds;
using muster::test::Seed;
using muster::test::http2::Connection;
using std::chrono::milliseconds;
namespace http2 = muster::test::http2;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryMeansSomething = false;
#else
constexpr bool kMemoryMeansSomething = true;
#endif

constexpr long kMostKiB = 20 << 10;

// An execution that runs through all of it on another connection, and has to end as if alone.
class Neighbour {
 public:
  explicit Neighbour(NodeFixture& node)
      : node_(node), request_(node.Shell("echo begin; sleep 1000")), thread_([this] {
          got_ = node_.Run(request_, [this](const auto&) { has_begun_ = true; });
        }) {
    REQUIRE(Eventually([this] { return has_begun_.load(); }));
  }
  ~Neighbour() { End(); }
  Collected End() {
    if (thread_.joinable()) {
      node_.Cancel(request_, 0);
      thread_.join();
    }
    return got_;
  }

 private:
  NodeFixture& node_;
  const muster::v1::ExecuteRequest request_;
  Collected got_;
  std::atomic<bool> has_begun_ = false;
  std::thread thread_;
};

void CheckUntouched(Neighbour& neighbour) {
  const Collected got = neighbour.End();
  INFO(got.status.error_message());
  CHECK(got.status.ok());
  CHECK(got.out == "begin\n");
  CHECK(got.outcome.kind() == muster::v1::Outcome::KIND_CANCELLED);
}

// The bytes that gRPC's own client sends for one Describe.
std::string RecordDescribe(const std::string& path) {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  const UniqueFd near(ends[0]);
  Connection daemon(path);
  std::string recorded;
  std::atomic<bool> is_over = false;
  std::thread pump([&] {
    std::size_t passed = 0;
    while (!is_over) {
      pollfd waiting[2] = {{near.get(), POLLIN, 0}, {daemon.fd(), POLLIN, 0}};
      ::poll(waiting, 2, 10);
      char buffer[4096];
      const ssize_t size = ::recv(near.get(), buffer, sizeof(buffer), 0);
      if (size > 0) {
        recorded.append(buffer, static_cast<std::size_t>(size));
        daemon.Send(std::string(buffer, static_cast<std::size_t>(size)));
      }
      daemon.Drain();
      const std::string& answer = daemon.received();
      while (passed < answer.size()) {
        const ssize_t sent =
            ::send(near.get(), answer.data() + passed, answer.size() - passed, MSG_NOSIGNAL);
        if (sent <= 0) break;
        passed += static_cast<std::size_t>(sent);
      }
    }
  });
  {
    const auto channel = grpc::CreateInsecureChannelFromFd("clusterd", ends[1]);
    grpc::ClientContext context;
    muster::v1::DescribeResponse response;
    const auto stub = muster::v1::Node::NewStub(channel);
    const grpc::Status status = stub->Describe(&context, {}, &response);
    is_over = true;
    pump.join();
    CHECK(status.ok());
  }
  REQUIRE(recorded.rfind(http2::kPreface, 0) == 0);
  return recorded;
}

std::string Mutated(std::string bytes, std::mt19937_64& random) {
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(bytes.size());
    const std::size_t length = 1 + below(64);
    switch (below(7)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random());
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(bytes.size()), length));
        break;
      case 4: {
        std::string noise;
        for (std::size_t i = 0; i < length; ++i) noise += static_cast<char>(random());
        bytes.insert(at, noise);
        break;
      }
      case 5:
        bytes.resize(at);
        break;
      default:
        bytes += bytes.substr(at);
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("Malformed bytes end their own connection at most") {
  NodeFixture node;
  Neighbour neighbour(node);
  const int descriptors = DescriptorsOf(node.pid());
  std::map<std::string, int> answers;
  const auto cases = http2::MalformedCases();
  REQUIRE(cases.size() >= 150);
  for (const http2::MalformedCase& each : cases) {
    INFO(each.name);
    Connection connection(node.path());
    REQUIRE(connection.IsOpen());
    if (each.is_acknowledged) REQUIRE(connection.Greet());
    // Broken off early is an answer, too.
    const bool was_taken = connection.Send(each.bytes);
    const bool is_closed = !was_taken || connection.WaitForEnd(milliseconds(20));
    bool is_reset = false;
    bool is_going = false;
    bool is_ok =
        connection.received().find(std::string("grpc-status\x01") + "0") != std::string::npos;
    for (const http2::Got& got : connection.Frames()) {
      is_reset |= got.type == http2::kReset;
      is_going |= got.type == http2::kGoAway;
    }
    ++answers[is_ok       ? "answered"
              : is_going  ? "GOAWAY"
              : is_closed ? "closed"
              : is_reset  ? "RST_STREAM"
                          : "ignored or awaiting more"];
    REQUIRE(http2::IsServed(node.path(), std::chrono::seconds(10)));
  }
  std::cout << cases.size() << " cases:";
  for (const auto& [answer, count] : answers) std::cout << " " << answer << " " << count;
  std::cout << std::endl;
  CheckUntouched(neighbour);
  CHECK(Eventually([&] { return DescriptorsOf(node.pid()) <= descriptors; }));
}

TEST_CASE("Changed bytes of a real client leave nothing behind") {
  NodeFixture node;
  const std::string recorded = RecordDescribe(node.path());
  std::mt19937_64 random(Seed());
  const auto play = [&](int connections) {
    for (int i = 0; i < connections; ++i) {
      Connection connection(node.path());
      REQUIRE(connection.IsOpen());
      connection.Send(Mutated(recorded, random));
      connection.WaitForEnd(milliseconds(i % 4));
    }
    CHECK(node.Run(node.Shell("echo alive")).out == "alive\n");
  };
  play(Rounds(2'000));  // what gRPC keeps for good
  Neighbour neighbour(node);
  const int descriptors = DescriptorsOf(node.pid());
  const long before = AnonymousKiB(node.pid());
  const int connections = Rounds(20'000);
  play(connections);
  CheckUntouched(neighbour);
  CHECK(Eventually([&] { return DescriptorsOf(node.pid()) <= descriptors; }));
  const long grown = AnonymousKiB(node.pid()) - before;
  std::cout << connections << " connections of changed bytes: the daemon at +" << grown << " KiB, "
            << DescriptorsOf(node.pid()) << " descriptors as before" << std::endl;
  if (kMemoryMeansSomething) CHECK(grown <= kMostKiB);
}
