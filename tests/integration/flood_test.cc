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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryMeansSomething = false;
#else
constexpr bool kMemoryMeansSomething = true;
#endif

constexpr long kMostKiB = 1536 << 10;  // more than at the start, whatever happens

struct Flood {
  std::string name;
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
  int served = 0;           // calls of another client meanwhile
  milliseconds longest{0};  // of those
};

milliseconds Since(Clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

// Floods for at most `time` while another client is served.
Seen Play(NodeFixture& node, const Flood& flood, milliseconds time) {
  Seen seen;
  const long before = AnonymousKiB(node.pid());
  std::atomic<bool> is_over = false;
  std::thread flooder([&] {
    Connection connection(node.path());
    const auto begin = Clock::now();
    bool is_open = connection.Send(flood.begin);
    for (std::uint32_t i = 0; is_open && Since(begin) < time; ++i) {
      const std::string piece = flood.piece(i);
      is_open = connection.Send(piece) && connection.Drain();
      seen.bytes += piece.size();
    }
    seen.was_cut = !is_open;
    seen.until_cut = Since(begin);
    is_over = true;
  });
  std::thread watcher([&] {
    while (!is_over) {
      seen.highest_kib = std::max(seen.highest_kib, AnonymousKiB(node.pid()) - before);
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  while (!is_over) {
    const auto got = node.Run(node.Shell("echo served"));
    if (got.out == "served\n") ++seen.served;
    seen.longest = std::max(seen.longest, got.took);
  }
  flooder.join();
  watcher.join();
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
  const std::string settings = http2::Frame(http2::kSettings, 0, 0, "");
  const std::string open_headers =
      http2::Frame(http2::kHeaders, 0, 1, http2::Encode(http2::CallHeaders()));
  const auto endless = [](std::uint32_t) {
    return Repeat(http2::Frame(http2::kContinuation, 0, 1, Fields()), 16);
  };
  const auto reset = [](std::uint32_t i) {
    std::string piece;
    for (std::uint32_t k = 0; k < 64; ++k) {
      const std::uint32_t stream = 1 + 2 * (64 * i + k);
      piece += http2::Frame(http2::kHeaders, http2::kEndHeaders, stream,
                            http2::Encode(http2::CallHeaders())) +
               http2::Frame(http2::kReset, 0, stream, http2::Number(8, 4));
    }
    return piece;
  };
  return {
      {"headers without end, SETTINGS not acknowledged", http2::kPreface + settings + open_headers,
       endless, true},
      {"headers without end, SETTINGS acknowledged", http2::Greeting() + open_headers, endless,
       true},
      {"streams opened and reset, SETTINGS not acknowledged", http2::kPreface + settings, reset},
      {"streams opened and reset, SETTINGS acknowledged", http2::Greeting(), reset},
      {"SETTINGS", http2::Greeting(),
       [settings](std::uint32_t) {
         return Repeat(
             http2::Frame(http2::kSettings, 0, 0, http2::Number(3, 2) + http2::Number(100, 4)),
             1000);
       }},
      {"PING", http2::Greeting(),
       [](std::uint32_t) {
         return Repeat(http2::Frame(http2::kPing, 0, 0, http2::Number(0, 8)), 1000);
       }},
      {"requests of 4 MiB that never end, on all streams", http2::Greeting(),
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

}  // namespace

TEST_CASE("A flood is bounded or cut, and others are served again within 5 s") {
  for (const Flood& flood : Floods()) {
    INFO(flood.name);
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
              << " ms; the next in " << served_after.count() << " ms" << std::endl;
    INFO(got.status.error_message() << got.outcome.reason());
    CHECK(got.out == "after\n");
    CHECK(static_cast<double>(served_after.count()) < 5000 * Slack());
    if (flood.is_cut) CHECK(seen.was_cut);
    if (!kMemoryMeansSomething) continue;
    CHECK(seen.highest_kib < kMostKiB);
  }
}
