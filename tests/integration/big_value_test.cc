// Values of many pieces: whole at each size, also when the connection breaks in the middle, several
// at once, and without costing others or the daemon anything when nobody takes them.
#include <ClusterAPI.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <random>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/fault_proxy.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::ClusterAPI;
using muster::Command;
using muster::Outcome;
using muster::test::AnonymousKiB;
using muster::test::ClusterFixture;
using muster::test::FaultProxy;
using muster::test::Rounds;
using muster::test::Slack;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;
// Kept until it is acknowledged, waiting to be written, in the worker's ring and in gRPC; that is
// 64 MiB by the gate of speed, and here so much less that one more copy of a value would show.
constexpr long kMostDaemonKiB = 24 << 10;

// Text in which each place looks other than those a piece or a frame away.
std::string Pattern(std::size_t size) {
  std::string period;
  for (int i = 0; i < 2000; ++i) period += std::to_string(i) + ",";
  std::string text;
  text.reserve(size + period.size());
  while (text.size() < size) text += period;
  text.resize(size);
  return text;
}

std::string SourceOf(std::size_t size, bool as_data) {
  const std::string bytes = std::to_string(size);
  const std::string text =
      "p = ''.join('%d,' % i for i in range(2000))\n"
      "(p * (" +
      bytes + " // len(p) + 1))[:" + bytes + "]";
  return as_data ? text + ".encode()" : text;
}

Call Begin(ClusterAPI& cluster, std::size_t size, bool as_data = false) {
  return cluster.execute(1, muster::python(SourceOf(size, as_data),
                                           as_data ? Command::Form::kData : Command::Form::kStr));
}

// Empty: it is as it should be.
std::string Wrong(Call& call, std::size_t size, bool as_data = false) {
  const Outcome outcome = call.wait();
  if (!outcome.ok() || outcome.value().is_data() != as_data) return outcome.describe();
  const std::string_view value = as_data ? *outcome.value().as_bytes() : outcome.value().text();
  const std::string expected = Pattern(size);
  if (value == expected) return "";
  const auto place = std::mismatch(value.begin(), value.end(), expected.begin(), expected.end());
  const auto at = static_cast<std::size_t>(place.first - value.begin());
  return std::to_string(value.size()) + " bytes, other than they should be from " +
         std::to_string(at) + " on: '" + std::string(value.substr(at, 20)) + "' instead of '" +
         expected.substr(at, 20) + "'";
}

// A daemon, and a proxy before it.
struct Trial {
  Trial()
      : proxy(node.folder().path() + "/proxy.sock", node.folder().path() + "/n1.sock"),
        configuration(node.folder().Write(
            "proxy.conf",
            "[cluster trial]\nnodes = n1=unix:" + node.folder().path() + "/proxy.sock\n")) {}
  // A client whose first connection has these faults, and is there; none that follows has any.
  ClusterAPI Connect(const FaultProxy::Faults& faults) {
    proxy.Set(faults);
    auto connected = ClusterAPI::connect("trial", configuration);
    REQUIRE(connected.ok());
    REQUIRE(connected->execute(1, "1+1").wait().ok());
    proxy.Set({});
    return *std::move(connected);
  }
  ClusterFixture node{1};
  FaultProxy proxy;
  std::string configuration;
};

}  // namespace

TEST_CASE("values of every size around each border arrive whole, all of them at once") {
  ClusterFixture node(1);
  std::vector<std::size_t> sizes;
  // The last piece, what is copied, a piece, a message, what is small to the client, what waits.
  for (const std::size_t border : {4 * kKiB, 16 * kKiB, 64 * kKiB, 128 * kKiB, 256 * kKiB, kMiB,
                                   2 * kMiB, 3 * kMiB, 4 * kMiB}) {
    for (const std::size_t size : {border - 1, border, border + 1, border + 4096, border + 4097}) {
      sizes.push_back(size);
    }
  }
  for (const bool as_data : {false, true}) {
    std::vector<Call> calls;
    for (const std::size_t size : sizes) calls.push_back(Begin(node.cluster(), size, as_data));
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      INFO(sizes[i] << " bytes" << (as_data ? " as data" : ""));
      CHECK(Wrong(calls[i], sizes[i], as_data) == "");
    }
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("a value that breaks off in the middle is taken up again, and is whole") {
  Trial trial;
  std::mt19937_64 random(muster::test::Seed());
  constexpr std::size_t kSize = 24 * kMiB + 4321;
  const int rounds = Rounds(100);
  for (int round = 0; round < rounds; ++round) {
    FaultProxy::Faults faults;
    // Not where the daemon has written all of it: a cut looks as the end of its client then.
    faults.to_client.cut = 8 * kKiB + random() % (kSize - 4 * kMiB);
    ClusterAPI cluster = trial.Connect(faults);
    INFO("cut after byte " << *faults.to_client.cut);
    Call call = Begin(cluster, kSize);
    Call other = Begin(cluster, kMiB);
    CHECK(Wrong(call, kSize) == "");
    CHECK(Wrong(other, kMiB) == "");
    if (cluster.cancel(1, call.id()).ok()) FAIL("it runs still");
  }
}

TEST_CASE("two large values at once on one stream are whole, and others pass between") {
  ClusterFixture node(1, {"--workers", "3"});
  ClusterAPI& cluster = node.cluster();
  REQUIRE(cluster.execute(1, "1+1").wait().ok());
  const std::size_t size = (Rounds(20) >= 20 ? 512 : 128) * kMiB + 1;
  Call first = Begin(cluster, size);
  Call second = Begin(cluster, size, true);
  int between = 0;
  double slowest = 0;
  while (!first.done() && !second.done()) {
    const auto begin = Clock::now();
    REQUIRE(cluster.execute(1, "6*7").wait().value().text() == "42");
    slowest = std::max(slowest, std::chrono::duration<double>(Clock::now() - begin).count());
    ++between;
  }
  std::cout << between << " calls while two values of " << (size >> 20)
            << " MiB came, the slowest took " << slowest << " s" << std::endl;
  CHECK(between > 3);
  CHECK(slowest < 2 * Slack());
  CHECK(Wrong(first, size) == "");
  CHECK(Wrong(second, size, true) == "");
  CHECK(node.EndsCleanly());
}

TEST_CASE("a value that nobody takes costs the daemon little, and others nothing") {
  Trial trial;
  ClusterAPI& other = trial.node.cluster();
  REQUIRE(other.execute(1, "1+1").wait().ok());
  FaultProxy::Faults faults;
  faults.to_client.stall = 5 * kMiB;
  ClusterAPI cluster = trial.Connect(faults);
  const pid_t daemon = trial.node.pid(1);
  const long before = AnonymousKiB(daemon);
  Call call = Begin(cluster, 256 * kMiB);
  long highest = before;
  double slowest = 0;
  for (const auto end = Clock::now() + milliseconds(3000); Clock::now() < end;) {
    const auto begin = Clock::now();
    REQUIRE(other.execute(1, "6*7").wait().value().text() == "42");
    slowest = std::max(slowest, std::chrono::duration<double>(Clock::now() - begin).count());
    highest = std::max(highest, AnonymousKiB(daemon));
    muster::test::Eventually([] { return false; }, milliseconds(10));
  }
  std::cout << "not taken: the daemon grew by " << highest - before << " KiB; the slowest call of "
            << "another client took " << slowest << " s" << std::endl;
  CHECK_FALSE(call.done());
  if (muster::test::kMemoryMeansSomething) CHECK(highest - before <= kMostDaemonKiB);
  CHECK(slowest < 2 * Slack());
  call.cancel(milliseconds(100));
}

TEST_CASE("a value that is stopped in the middle leaves a stream that serves") {
  ClusterFixture node(1);
  for (int round = 0; round < Rounds(60); ++round) {
    Call call = Begin(node.cluster(), 64 * kMiB);
    call.wait_for(milliseconds(5 * (round % 20)));
    call.cancel(milliseconds(round % 2 == 0 ? 0 : 500));
    const Outcome outcome = call.wait();
    INFO(outcome.describe());
    CHECK((outcome.ok() || outcome.kind == Outcome::Kind::kCancelled));
    Call next = Begin(node.cluster(), kMiB);
    CHECK(Wrong(next, kMiB) == "");
  }
  CHECK(node.EndsCleanly());
}
