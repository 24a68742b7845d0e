// Stop stops: a tree of 400 processes that left their session, forked twice and heed no SIGTERM is
// gone soon after its grace, and the tree beside it is whole.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <thread>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Eventually;
using muster::test::ProcessesWith;
using muster::test::Rounds;
using muster::test::Slack;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kProcesses = 400;
constexpr std::chrono::milliseconds kGrace{200};

// 100 sessions; in each a shell forks four times and goes, so that all of them are orphans.
muster::Command Tree(const std::string& seconds) {
  return muster::shell("trap '' INT TERM\ni=0\nwhile [ $i -lt 100 ]; do\n  setsid sh -c 'sleep " +
                       seconds + " & sleep " + seconds + " & (sleep " + seconds + " &) ; sleep " +
                       seconds +
                       " & :' &\n  i=$((i+1))\ndone\nwait\necho up\nexec tail -f /dev/null");
}

std::size_t Living(const std::string& seconds) { return ProcessesWith("sleep " + seconds).size(); }

bool IsUp(const std::string& seconds) {
  return Eventually([&] { return Living(seconds) == kProcesses; }, std::chrono::seconds(10));
}

// The longest time from the end of a grace to the end of its tree, seconds. `promised`: 3 s, or 1 s
// where `arguments` give each execution a cgroup.
double WorstOf(int rounds, std::chrono::seconds promised, std::vector<std::string> arguments) {
  ClusterFixture node(1, std::move(arguments));
  const std::string bystander = muster::test::UniqueSeconds();
  Call beside = node.cluster().execute(1, Tree(bystander));
  REQUIRE(IsUp(bystander));
  double worst = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string seconds = muster::test::UniqueSeconds();
    Call call = node.cluster().execute(1, Tree(seconds));
    REQUIRE(IsUp(seconds));
    REQUIRE(call.next().has_value());
    const auto graced = Clock::now() + kGrace;
    call.cancel(kGrace);
    const bool is_gone = Eventually([&] { return Living(seconds) == 0; }, promised + kGrace);
    const std::chrono::duration<double> took = Clock::now() - graced;
    worst = std::max(worst, took.count());
    CHECK(is_gone);
    CHECK(took < promised * Slack());
    const Outcome& outcome = call.wait();
    INFO(outcome.describe());
    CHECK(outcome.kind == Outcome::Kind::kCancelled);
    CHECK(outcome.usage.reaped >= kProcesses);
    CHECK(Living(seconds) == 0);
    CHECK(Living(bystander) == kProcesses);
  }
  CHECK_FALSE(beside.done());
  beside.cancel(kGrace);
  beside.wait();
  CHECK(Living(bystander) == 0);
  CHECK(node.EndsCleanly());
  return worst;
}

}  // namespace

TEST_CASE(
    "A tree of 400 orphans in 100 sessions is gone 1 s after its grace by its control group") {
  {
    ClusterFixture probe(1, {});
    if (!probe.cluster()
             .execute(1, muster::shell("grep -q muster-base /proc/self/cgroup"))
             .wait()
             .ok()) {
      WARN("not tried: this host has no control group that we may write to");
      return;
    }
  }
  const int rounds = Rounds(50);
  const double worst = WorstOf(rounds, std::chrono::seconds(1), {});
  std::cout << rounds << " trees of " << kProcesses << " with control groups; the slowest was gone "
            << worst << " s after its grace" << std::endl;
}

TEST_CASE("Without control groups it is gone 3 s after its grace, and the one beside stays") {
  const int rounds = Rounds(50);
  const double worst = WorstOf(rounds, std::chrono::seconds(3), {"--cgroups", "no"});
  std::cout << rounds << " trees of " << kProcesses << " without; the slowest was gone " << worst
            << " s after its grace" << std::endl;
}
