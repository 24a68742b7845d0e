// Several calls as one, against real daemons: what ended first comes first, who waits waits no
// longer than he has to, and nothing is left running after a cancel.
#include <ClusterAPI.h>
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::CallGroup;
using muster::GroupSummary;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Eventually;
using muster::test::Slack;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

milliseconds Bound(int ms) { return milliseconds(static_cast<int>(ms * Slack())); }

std::string Sleep(const std::string& seconds) { return "import time; time.sleep(" + seconds + ")"; }

}  // namespace

TEST_CASE("an empty group has ended, and well") {
  CallGroup group;
  CHECK(group.size() == 0);
  CHECK_FALSE(group.next().has_value());
  CHECK(group.all());
  CHECK_FALSE(group.any().has_value());
  CHECK(group.quorum(1));
  CHECK(group.cancel());
  CHECK(group.summary().ok());
  CHECK(group.summary().text().empty());
}

TEST_CASE("outcomes of a group come in the order in which the calls end") {
  ClusterFixture node(1, {"--workers", "4"});
  CallGroup group;
  group.add(node.cluster().execute(1, muster::shell("sleep 0.9; echo slow")));
  group.add(node.cluster().execute(1, muster::shell("sleep 0.5; exit 3")));
  group.add(node.cluster().execute(1, muster::shell("sleep 0.1")));
  CHECK_FALSE(group.wait_for(milliseconds(1)));
  std::optional<std::size_t> place;
  CHECK_FALSE(group.next_for(milliseconds(1), &place));
  CHECK(group.next() == 2u);
  CHECK(group.next() == 1u);
  CHECK(group[1].wait().exit_code == 3);
  // One that comes later is a part of it.
  CHECK(group.add(node.cluster().execute(1, "6*7")) == 3);
  std::set<std::size_t> rest;
  while (const auto next = group.next()) rest.insert(*next);
  CHECK(rest == std::set<std::size_t>{0, 3});
  // What it printed was kept.
  CHECK(group[0].next()->data == "slow\n");
  CHECK_FALSE(group.all());
  CHECK(group.wait_for(milliseconds(0)));
  CHECK(node.EndsCleanly());
}

TEST_CASE("any and quorum return as soon as it is decided") {
  ClusterFixture node(1, {"--workers", "8"});
  const auto fill = [&](int good, int bad, int slow) {
    CallGroup group;
    for (int i = 0; i < slow; ++i) group.add(node.cluster().execute(1, Sleep("600")));
    for (int i = 0; i < bad; ++i) group.add(node.cluster().execute(1, "1/0"));
    for (int i = 0; i < good; ++i) group.add(node.cluster().execute(1, "1"));
    return group;
  };
  const auto begin = Clock::now();
  CHECK(fill(1, 3, 2).any() == 5u);
  CHECK_FALSE(fill(0, 3, 0).any().has_value());
  CHECK(fill(19, 0, 1).quorum(0.95));
  CHECK(fill(3, 0, 1).quorum(0.75));
  CHECK_FALSE(fill(2, 2, 0).quorum(0.75));
  // It cannot be reached any more, whatever the slow one does.
  CHECK_FALSE(fill(2, 2, 1).quorum(0.8));
  CHECK_FALSE(fill(1, 0, 0).quorum(0));
  CHECK_FALSE(fill(1, 0, 0).quorum(1.01));
  CHECK_FALSE(fill(1, 0, 0).quorum(std::numeric_limits<double>::quiet_NaN()));
  CHECK(Clock::now() - begin < Bound(10'000));
  CHECK(node.EndsCleanly());
}

TEST_CASE("a cancelled group has ended on its nodes when cancel returns") {
  ClusterFixture node(2, {"--workers", "8"});
  CallGroup group;
  for (int i = 0; i < 8; ++i) {
    group.add(node.cluster().execute(1 + i % 2, muster::argv({"sleep", "1234"})));
  }
  group.add(node.cluster().execute(1, "6*7"));
  REQUIRE(group.next() == 8u);
  REQUIRE(Eventually([&] {
    const auto check = node.cluster().clustercheck();
    return check.nodes[0].running + check.nodes[1].running == 8;
  }));
  CHECK(group.cancel(milliseconds(500)));
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(group[i].done());
    CHECK(group[i].wait().kind == Outcome::Kind::kCancelled);
  }
  CHECK(group[8].wait().ok());
  const auto check = node.cluster().clustercheck();
  CHECK(check.nodes[0].running + check.nodes[1].running == 0);
  CHECK(node.EndsCleanly());
}

TEST_CASE("who waits for a group waits for no reader") {
  ClusterFixture node(1);
  CallGroup group;
  for (int i = 0; i < 6; ++i) {
    group.add(node.cluster().execute(1, "print('x' * 5_000_000)"));
    group.add(node.cluster().execute(1, muster::shell("head -c 5000000 /dev/zero")));
  }
  CHECK(group.wait_for(Bound(30'000)));
  CHECK(group.all());
  for (std::size_t i = 0; i < group.size(); ++i) {
    std::size_t kept = 0;
    Call call = group[i];
    for (const muster::Event& event : call) kept += event.data.size();
    CHECK(kept >= 1u << 19);
    CHECK(kept <= (1u << 20) + (64u << 10));
    CHECK(call.wait().usage.stdout_bytes >= 5'000'000);
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("a summary says in one line what many say") {
  ClusterFixture node(3);
  CallGroup group(node.cluster().execute(
      {1, 2, 3},
      "import os\ndef f():\n  raise ValueError('not ' + os.environ['MUSTER_NODE'])\nf()"));
  group.add(node.cluster().execute(2, muster::shell("exit 7")));
  group.add(node.cluster().execute(1, "1"));
  group.add(node.cluster().execute(3, muster::argv({"sleep", "1234"})));
  REQUIRE(Eventually([&] { return group.summary().running == 1; }));
  const GroupSummary summary = group.summary();
  CHECK(summary.size == 6);
  CHECK_FALSE(summary.ok());
  REQUIRE(summary.lines.size() == 3);
  CHECK(summary.lines[0].nodes == "n[1-3]");
  CHECK(summary.lines[0].count == 3);
  CHECK_THAT(summary.lines[0].what, Catch::StartsWith("failed: ValueError at line 3: not n"));
  CHECK(summary.text() == "3 " + summary.lines[0].what +
                              " on n[1-3]\n1 failed: exit code 7 on n2\n1 ok on n1\n"
                              "1 still running");
  CHECK(group.cancel(milliseconds(100)));
  CHECK(node.EndsCleanly());
}

TEST_CASE("callbacks are called once each, one after the other, and may wait") {
  ClusterFixture node(1, {"--workers", "4"});
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> good{0};
  std::atomic<int> ended{0};
  constexpr int kCount = 500;
  for (int i = 0; i < kCount; ++i) {
    // No handle stays here.
    node.cluster()
        .execute(1, i % 50 == 0 ? "print('x' * 3_000_000)" : std::to_string(i))
        .then([&, i](const Outcome& outcome) {
          most = std::max(most.load(), ++inside);
          if (i % 100 == 1 && node.cluster().execute(1, "2").wait().ok()) ++good;
          if (i % 50 != 0 && outcome.value().text() == std::to_string(i)) ++good;
          --inside;
          ++ended;
        });
  }
  Call ended_call = node.cluster().execute(1, "3");
  ended_call.wait();
  ended_call.then([&](const Outcome& outcome) {
    good += outcome.ok() ? 1 : 0;
    ++ended;
  });
  REQUIRE(Eventually([&] { return ended == kCount + 1; }, std::chrono::seconds(30)));
  CHECK(most == 1);
  CHECK(good == kCount - kCount / 50 + 5 + 1);
  CHECK(node.EndsCleanly());
}

TEST_CASE("several threads share the outcomes of one group") {
  ClusterFixture node(1, {"--workers", "2"});
  CallGroup group;
  constexpr int kCount = 2000;
  for (int i = 0; i < kCount; ++i) group.add(node.cluster().execute(1, std::to_string(i)));
  std::vector<std::atomic<int>> seen(kCount);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (const auto place = group.next()) ++seen[*place];
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& times) { return times == 1; }));
  CHECK(group.all());
  CHECK(node.EndsCleanly());
}
