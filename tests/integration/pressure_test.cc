// More output than anybody can hold, and readers that do not read: memory stays bounded on both
// sides, every byte arrives.
#include <ClusterAPI.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/counter_pattern.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::Outcome;
using muster::test::AnonymousKiB;
using muster::test::ClusterFixture;
using muster::test::CounterPattern;
using muster::test::Rounds;
using muster::test::WritePattern;
using Clock = std::chrono::steady_clock;

namespace {

constexpr long kMaxStreamKiB = 1536;  // of the daemon, for one Execute
constexpr long kMaxClientKiB = 32 << 10;

// Reads until `bytes` have come or there is no more.
CounterPattern ReadUntil(Call& call, std::uint64_t bytes) {
  CounterPattern pattern;
  while (pattern.bytes() < bytes) {
    const std::optional<muster::Event> event = call.next();
    if (!event) break;
    pattern.Add(event->data);
  }
  return pattern;
}

// Runs shell lines until `time` has passed; how many were right.
int ServeFor(muster::ClusterAPI& cluster, std::chrono::milliseconds time) {
  int served = 0;
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
    Call call = cluster.execute(1, muster::shell("echo served; sleep 0.05"));
    if (call.next()->data != "served\n" || !call.wait().ok()) return -1;
    ++served;
  }
  return served;
}

}  // namespace

TEST_CASE("10 GiB for a client that does not read cost the daemon 1.5 MiB, and nobody waits") {
  ClusterFixture node(1);
  muster::ClusterAPI other = node.Connect();
  Call warm_up = node.cluster().execute(1, WritePattern(16));
  ReadUntil(warm_up, ~0ull);
  ServeFor(other, std::chrono::milliseconds(500));
  const long before = AnonymousKiB(node.pid(1));

  Call call = node.cluster().execute(1, WritePattern(10 << 10));
  long highest = 0;
  int served = 0;
  const auto stalled = std::chrono::milliseconds(Rounds(30'000));
  for (const auto end = Clock::now() + stalled; Clock::now() < end;) {
    const int more = ServeFor(other, std::chrono::milliseconds(100));
    REQUIRE(more >= 0);
    served += more;
    highest = std::max(highest, AnonymousKiB(node.pid(1)));
  }
  std::cout << "not read for " << stalled.count() << " ms: the daemon grew by " << highest - before
            << " KiB from " << before << "; " << served << " calls of another client" << std::endl;
  if (muster::test::kMemoryMeansSomething) CHECK(highest - before <= kMaxStreamKiB);

  const auto begin = Clock::now();
  const CounterPattern read = ReadUntil(call, 256u << 20);
  std::cout << "then " << (read.bytes() >> 20) << " MiB in "
            << std::chrono::duration<double>(Clock::now() - begin).count() << " s; the daemon at +"
            << AnonymousKiB(node.pid(1)) - before << " KiB" << std::endl;
  CHECK(read.bytes() >= 256u << 20);
  CHECK(read.IsExact());
  call.cancel(std::chrono::milliseconds(100));
  CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK(node.cluster().execute(1, "6*7").wait().value().text() == "42");
  CHECK(node.EndsCleanly());
}

TEST_CASE("a GiB that is read as it comes costs the client no more than 32 MiB") {
  ClusterFixture node(1);
  const auto mebibytes = static_cast<std::uint64_t>(Rounds(1024));
  Call warm_up = node.cluster().execute(1, WritePattern(4));
  ReadUntil(warm_up, ~0ull);
  const long before = AnonymousKiB(::getpid());
  Call call = node.cluster().execute(1, WritePattern(mebibytes));
  CounterPattern pattern;
  long highest = before;
  for (int i = 0; const std::optional<muster::Event> event = call.next(); ++i) {
    pattern.Add(event->data);
    if (i % 64 == 0) highest = std::max(highest, AnonymousKiB(::getpid()));
  }
  std::cout << mebibytes << " MiB read: the client grew by " << highest - before << " KiB"
            << std::endl;
  CHECK(pattern.bytes() == mebibytes << 20);
  CHECK(pattern.IsExact());
  CHECK(call.wait().ok());
  CHECK(call.wait().usage.stdout_bytes == mebibytes << 20);
  if (muster::test::kMemoryMeansSomething) CHECK(highest - before <= kMaxClientKiB);
  CHECK(node.EndsCleanly());
}
