// Every worker computes and more is queued: the daemon answers as if it were idle.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Eventually;
using muster::test::Rounds;
using muster::test::Slack;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kWorkers = 4;
constexpr int kQueued = 6;
constexpr std::chrono::milliseconds kGrace{500};

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

TEST_CASE("a daemon whose workers are all busy answers, serves shells, and stops each in time") {
  ClusterFixture node(1, {"--workers", std::to_string(kWorkers)});
  const int rounds = Rounds(40);
  double slowest_check = 0;
  double slowest_shell = 0;
  double slowest_stop = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Call> calls;
    for (int i = 0; i < kWorkers + kQueued; ++i) {
      // Every second one is deaf, so that its whole grace passes.
      const std::string deaf =
          "import signal\nfor s in (signal.SIGINT, signal.SIGTERM): "
          "signal.signal(s, signal.SIG_IGN)\n";
      calls.push_back(node.cluster().execute(
          1, (i % 2 == 0 ? "" : deaf) + std::string("print('up')\nwhile True: pass")));
      if (i < kWorkers) REQUIRE(calls.back().next().has_value());
    }
    // execute() returns before the node has the command.
    CHECK(Eventually(
        [&] { return node.cluster().clustercheck().nodes[0].running == kWorkers + kQueued; }));
    auto begin = Clock::now();
    const muster::ClusterCheck check = node.cluster().clustercheck();
    slowest_check = std::max(slowest_check, SecondsSince(begin));
    CHECK(check);
    begin = Clock::now();
    CHECK(node.cluster().execute(1, muster::shell("echo served")).next()->data == "served\n");
    slowest_shell = std::max(slowest_shell, SecondsSince(begin));
    // The queued ones first, or they would move up.
    for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
      begin = Clock::now();
      call->cancel(kGrace);
      CHECK(call->wait().kind == Outcome::Kind::kCancelled);
      slowest_stop = std::max(slowest_stop, SecondsSince(begin));
    }
    CHECK(node.cluster().execute(1, "6*7").wait().value().text() == "42");
  }
  CHECK(slowest_check < 2 * Slack());
  CHECK(slowest_stop < std::chrono::duration<double>(kGrace).count() + 1 * Slack());
  CHECK(node.EndsCleanly());
  std::cout << rounds << " rounds of " << kWorkers << " busy loops, " << kQueued
            << " queued: check " << slowest_check << " s, a shell line " << slowest_shell
            << " s, a stop with a grace of 0.5 s " << slowest_stop << " s, each the slowest"
            << std::endl;
}
