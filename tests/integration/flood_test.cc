// Peers that may connect and then flood: the daemon's memory stays bounded, the one who floods is
// cut where nothing else helps, and the others are served again within 5 s.
#include <atomic>
#include <catch2/catch.hpp>
#include <iostream>
#include <thread>

#include "tests/integration/measuring.h"
#include "tests/integration/node_fixture.h"
#include "tests/integration/raw_http2.h"

using muster::test::AnonymousKiB;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::Slack;
using muster::test::http2::Connection;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace http2 = muster::test::http2;
using Clock = std::chrono::steady_clock;

namespace {

constexpr long kMostKiB = 1536 << 10;  // more than at the start, whatever happens

// 5 s, which the daemon promises, on a machine that may be busy.
milliseconds ServedAgain() {
  return std::chrono::duration_cast<milliseconds>(milliseconds(5000) * Slack() * 2 / 3);
}

struct Flood {
  std::string name;
  bool acknowledges = false;                        // the daemon's SETTINGS
  std::string begin;                                // once
  std::function<std::string(std::uint32_t)> piece;  // again and again, with a counter from 0
  // The one who floods has to be cut.
  bool is_cut = false;
};

struct Seen {
  std::uint64_t bytes = 0;
  bool was_cut = false;
  milliseconds until_cut{0};
  long highest_kib = 0;
  int served = 0;                   // calls of another client meanwhile
  milliseconds longest{0};          // of those
  milliseconds longest_connect{0};  // the same for new clients, who have to be accepted first
  int newcomers_failed = 0;
  milliseconds newcomer_after{0};  // how long after the flood the last of them was served
};

milliseconds Since(Clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

// Floods for at most `time` while another client is served.
Seen Play(NodeFixture& node, const Flood& flood, milliseconds time) {
  Seen seen;
  const long before = AnonymousKiB(node.pid());
  Clock::time_point end;
  std::atomic<bool> is_over = false;
  std::thread flooder([&] {
    Connection connection(node.path());
    const auto begin = Clock::now();
    bool is_open = flood.acknowledges ? connection.Greet() : connection.Send(http2::Greeting());
    is_open = is_open && connection.Send(flood.begin);
    for (std::uint32_t i = 0; is_open && Since(begin) < time; ++i) {
      const std::string piece = flood.piece(i);
      is_open = connection.Send(piece) && connection.Drain();
      seen.bytes += piece.size();
    }
    seen.was_cut = !is_open;
    seen.until_cut = Since(begin);
    end = Clock::now();
    is_over = true;
  });
  std::thread watcher([&] {
    while (!is_over) {
      seen.highest_kib = std::max(seen.highest_kib, AnonymousKiB(node.pid()) - before);
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  std::thread newcomer([&] {
    while (!is_over) {
      const auto begin = Clock::now();
      if (!http2::IsServed(node.path(), seconds(20))) ++seen.newcomers_failed;
      seen.longest_connect = std::max(seen.longest_connect, Since(begin));
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  while (!is_over) {
    const auto got = node.Run(node.Shell("echo served"));
    if (got.out == "served\n") ++seen.served;
    seen.longest = std::max(seen.longest, got.took);
  }
  flooder.join();
  watcher.join();
  newcomer.join();
  seen.newcomer_after = Since(end);
  return seen;
}

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// 16 KiB of header fields that nobody asked for.
std::string Fields() { return http2::Encode({{"x-filler", std::string((16 << 10) - 64, 'x')}}); }

std::vector<Flood> Floods() {
  const std::string open_headers =
      http2::Frame(http2::kHeaders, 0, 1, http2::Encode(http2::CallHeaders()));
  const auto endless = [](std::uint32_t) {
    return Repeat(http2::Frame(http2::kContinuation, 0, 1, Fields()), 16);
  };
  const auto reset = [](std::uint32_t i) { return http2::ResetCalls(1 + 2 * 64 * i, 64); };
  return {
      {"headers without end, SETTINGS not acknowledged", false, open_headers, endless, true},
      {"headers without end, SETTINGS acknowledged", true, open_headers, endless, true},
      {"streams opened and reset, SETTINGS not acknowledged", false, "", reset, true},
      {"streams opened and reset, SETTINGS acknowledged", true, "", reset, true},
      {"SETTINGS", false, "",
       [](std::uint32_t) {
         return Repeat(
             http2::Frame(http2::kSettings, 0, 0, http2::Number(3, 2) + http2::Number(100, 4)),
             1000);
       }},
      {"PING", true, "",
       [](std::uint32_t) {
         return Repeat(http2::Frame(http2::kPing, 0, 0, http2::Number(0, 8)), 1000);
       }},
      {"requests of 4 MiB on 128 streams at once", true, "",
       [](std::uint32_t i) {
         const std::uint32_t stream = 1 + 2 * (i % 128);
         std::string piece;
         if (i < 128) {
           piece = http2::Frame(http2::kHeaders, http2::kEndHeaders, stream,
                                http2::Encode(http2::CallHeaders("/muster.v1.Node/Execute"))) +
                   http2::Frame(http2::kData, 0, stream, http2::Number(4u << 20, 5));
         }
         return piece + http2::Frame(http2::kData, 0, stream, std::string(16 << 10, 'x'));
       }},
  };
}

// Follows the windows and nothing else: gRPC would gather the message before it looks at its
// length. How many bytes went.
std::int64_t SendEndlessMessage(const std::string& path, milliseconds time) {
  Connection connection(path);
  REQUIRE(connection.Greet());
  REQUIRE(
      connection.Send(http2::Frame(http2::kHeaders, http2::kEndHeaders, 1,
                                   http2::Encode(http2::CallHeaders("/muster.v1.Node/Execute"))) +
                      http2::Frame(http2::kData, 0, 1, http2::Number(2ull << 30, 5))));
  constexpr std::int64_t kPiece = 16 << 10;
  const std::string piece =
      http2::Frame(http2::kData, 0, 1, std::string(static_cast<std::size_t>(kPiece), 'x'));
  const auto begin = Clock::now();
  std::int64_t window = 0;
  std::int64_t sent = 5;
  while (Since(begin) < time) {
    if (window < kPiece) {
      if (connection.WaitForEnd(milliseconds(1))) return sent;
      window = connection.Window(1, sent, sent);
      continue;
    }
    if (!connection.Send(piece)) return sent;
    sent += kPiece;
    window -= kPiece;
  }
  return sent;
}

// Calls that run at once on a channel of their own; how they ended, by code.
class Crowd {
 public:
  Crowd(NodeFixture& node, int size, const std::string& source) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel("unix:" + node.path(),
                                         grpc::experimental::LocalCredentials(UDS), arguments);
    for (int i = 0; i < size; ++i) {
      callers_.emplace_back([this, request = node.Shell(source)] {
        grpc::ClientContext context;
        const auto reader = muster::v1::Node::NewStub(channel_)->Execute(&context, request);
        muster::v1::ExecuteEvent event;
        while (reader->Read(&event)) {
        }
        const grpc::StatusCode code = reader->Finish().error_code();
        if (code == grpc::StatusCode::OK) ++ended_;
        if (code == grpc::StatusCode::RESOURCE_EXHAUSTED) ++refused_;
      });
    }
  }
  ~Crowd() { Join(); }
  void Join() {
    for (std::thread& caller : callers_) caller.join();
    callers_.clear();
  }
  int ended() const { return ended_; }
  int refused() const { return refused_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::atomic<int> ended_{0};
  std::atomic<int> refused_{0};
  std::vector<std::thread> callers_;
};

}  // namespace

TEST_CASE("A message of 2 GiB is cut before it is there") {
  if (!muster::test::kMemoryMeansSomething) return;
  NodeFixture node;
  REQUIRE(node.Run(node.Shell("echo before")).out == "before\n");
  const auto begin = Clock::now();
  const std::int64_t sent = SendEndlessMessage(node.path(), seconds(30));
  std::cout << "a message of 2 GiB: ended after " << (sent >> 20) << " MiB, "
            << Since(begin).count() << " ms" << std::endl;
  CHECK(sent < std::int64_t{kMostKiB} << 10);
  CHECK(Since(begin) < seconds(30));
  CHECK(node.Run(node.Shell("echo after")).out == "after\n");
}

TEST_CASE("128 requests of 3 MiB at once on each of two connections are no flood") {
  if (!muster::test::kMemoryMeansSomething) return;  // what a sanitizer keeps would count
  NodeFixture node({"--max-running", "4"});
  REQUIRE(node.Run(node.Shell("echo before")).out == "before\n");
  const long before = AnonymousKiB(node.pid());
  std::atomic<bool> is_over = false;
  long highest = 0;
  std::thread watcher([&] {
    while (!is_over) {
      highest = std::max(highest, AnonymousKiB(node.pid()) - before);
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  const std::string source = "echo done #" + std::string((3u << 20) - 100, 'x');
  Crowd one(node, 128, source);
  Crowd other(node, 128, source);
  one.Join();
  other.Join();
  is_over = true;
  watcher.join();
  std::cout << "256 requests of 3 MiB: " << one.ended() + other.ended() << " ended, "
            << one.refused() + other.refused() << " refused, the daemon at most +"
            << (highest >> 10) << " MiB" << std::endl;
  CHECK(one.ended() + other.ended() + one.refused() + other.refused() == 256);
}

TEST_CASE("A flood is bounded or cut, and others are served again within 5 s") {
  if (!muster::test::kTimeMeansSomething) {
    WARN("not tried: a daemon that is so slow cuts others, too");
    return;
  }
  for (const Flood& flood : Floods()) {
    DYNAMIC_SECTION(flood.name) {
      NodeFixture node;
      REQUIRE(node.Run(node.Shell("echo before")).out == "before\n");
      const Seen seen = Play(node, flood, seconds(10));
      const auto begin = Clock::now();
      const auto got = node.Run(node.Shell("echo after"));
      const auto served_after = Since(begin);
      std::cout << flood.name << ": " << (seen.bytes >> 20) << " MiB sent, "
                << (seen.was_cut ? "cut after " : "not cut in ") << seen.until_cut.count()
                << " ms, daemon at most +" << (seen.highest_kib >> 10) << " MiB; meanwhile "
                << seen.served << " calls served, the longest in " << seen.longest.count()
                << " ms, the longest with connecting " << seen.longest_connect.count()
                << " ms; the next in " << served_after.count() << " ms" << std::endl;
      INFO(got.status.error_message() << got.outcome.reason());
      CHECK(got.out == "after\n");
      CHECK(served_after < ServedAgain());
      CHECK(http2::IsServed(node.path(), seconds(5)));
      CHECK(seen.newcomer_after < ServedAgain());
      // Nobody else is cut, unless for what a sanitizer keeps.
      if (muster::test::kMemoryMeansSomething) CHECK(seen.newcomers_failed == 0);
      CHECK(seen.longest < ServedAgain());
      CHECK(seen.longest_connect < ServedAgain());
      if (flood.is_cut && muster::test::kMemoryMeansSomething) CHECK(seen.was_cut);
      if (muster::test::kMemoryMeansSomething) CHECK(seen.highest_kib < kMostKiB);
    }
  }
}
