// More executions at once than one connection has streams for: further connections are opened, what
// stops and asks does not wait behind what runs, and nothing of it stays.
#include <ClusterAPI.h>
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "common/limits.h"
#include "tests/integration/cluster_fixture.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Eventually;
using muster::test::Slack;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kCount = 300;
constexpr int kOnOneConnection = 100;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Accepted ones, by the kernel's list of sockets: their ends at the daemon bear its path.
int ConnectionsOf(const ClusterFixture& node) {
  std::ifstream list("/proc/net/unix");
  int count = 0;
  for (std::string line; std::getline(list, line);) {
    const bool listens = line.find(" 00010000 ") != std::string::npos;
    count += !listens && line.ends_with(" " + node.folder().path() + "/n1.sock") ? 1 : 0;
  }
  return count;
}

bool Runs(ClusterFixture& node, int count) {
  return Eventually(
      [&] {
        return node.cluster().clustercheck().nodes[0].running == static_cast<std::uint32_t>(count);
      },
      std::chrono::seconds(20));
}

std::vector<Call> StartSleeps(ClusterFixture& node, int count) {
  std::vector<Call> calls;
  for (int i = 0; i < count; ++i) {
    calls.push_back(node.cluster().execute(1, muster::argv({"sleep", "1234"})));
  }
  return calls;
}

// How many of them ended so.
int Ended(std::vector<Call>& calls, Outcome::Kind kind) {
  return static_cast<int>(std::count_if(calls.begin(), calls.end(),
                                        [&](Call& call) { return call.wait().kind == kind; }));
}

void CancelAll(std::vector<Call>& calls) {
  for (Call& call : calls) call.cancel();
  CHECK(Ended(calls, Outcome::Kind::kCancelled) == static_cast<int>(calls.size()));
}

}  // namespace

TEST_CASE("three hundred run at once on one node, and one of them is stopped at once") {
  ClusterFixture node(1);
  const auto begin = Clock::now();
  std::vector<Call> calls = StartSleeps(node, kCount);
  REQUIRE(Runs(node, kCount));
  std::cout << kCount << " run after " << SecondsSince(begin) << " s over " << ConnectionsOf(node)
            << " connections";
  CHECK(ConnectionsOf(node) == kCount / kOnOneConnection);

  auto asked = Clock::now();
  CHECK(node.cluster().clustercheck(std::chrono::milliseconds(static_cast<int>(2000 * Slack()))));
  std::cout << "; check: " << SecondsSince(asked) << " s";
  CHECK(SecondsSince(asked) < Slack());

  // The last one, and by its id one in the middle, as another program would.
  asked = Clock::now();
  calls.back().cancel();
  CHECK(calls.back().wait().kind == Outcome::Kind::kCancelled);
  CHECK(node.cluster().cancel(1, calls[kCount / 2].id()).ok());
  CHECK(calls[kCount / 2].wait().kind == Outcome::Kind::kCancelled);
  std::cout << "; two stopped: " << SecondsSince(asked) << " s";
  CHECK(SecondsSince(asked) < Slack());
  CHECK(Runs(node, kCount - 2));

  asked = Clock::now();
  CancelAll(calls);
  std::cout << "; all: " << SecondsSince(asked) << " s" << std::endl;
  CHECK(node.cluster().execute(1, "1+1").wait().value().text() == "2");
  CHECK(Eventually([&] { return ConnectionsOf(node) == 1; }, std::chrono::seconds(12)));
  CHECK(node.cluster().execute(1, "1+1").wait().value().text() == "2");
  CHECK(node.EndsCleanly());
}

TEST_CASE("programs with input have further connections, too") {
  constexpr int kCats = 150;
  ClusterFixture node(1);
  std::vector<Call> cats;
  for (int i = 0; i < kCats; ++i) cats.push_back(node.cluster().interact(1, muster::argv({"cat"})));
  REQUIRE(Runs(node, kCats));
  CHECK(ConnectionsOf(node) == 2);
  for (int i = 0; i < kCats; ++i) {
    Call& cat = cats[static_cast<std::size_t>(i)];
    cat.write(std::to_string(i));
    cat.close_input();
    const auto event = cat.next();
    REQUIRE(event);
    CHECK(event->data == std::to_string(i));
    CHECK(cat.wait().ok());
  }
}

TEST_CASE("when a daemon is killed all that ran there is lost, and the next one is used") {
  ClusterFixture node(1);
  std::vector<Call> calls = StartSleeps(node, kCount);
  REQUIRE(Runs(node, kCount));
  const auto begin = Clock::now();
  node.Restart(1);
  CHECK(Ended(calls, Outcome::Kind::kLost) == kCount);
  std::cout << kCount << " lost after " << SecondsSince(begin) << " s" << std::endl;
  CHECK(SecondsSince(begin) < 5 * Slack());
  CHECK(node.cluster().execute(1, "1+1").wait().value().text() == "2");
  CHECK(Eventually([&] { return ConnectionsOf(node) == 1; }));
  CHECK(node.EndsCleanly());
}

TEST_CASE("what needs a further connection to a frozen daemon is unreachable after 5 s") {
  ClusterFixture node(1);
  std::vector<Call> calls = StartSleeps(node, kOnOneConnection);
  REQUIRE(Runs(node, kOnOneConnection));
  muster::test::Freeze(node.pid(1));
  const auto begin = Clock::now();
  Call further = node.cluster().execute(1, muster::shell("true"));
  const Outcome outcome = further.wait();
  const double took = SecondsSince(begin);
  ::kill(node.pid(1), SIGCONT);
  CHECK_THAT(outcome.describe(),
             Contains("unreachable") &&
                 Contains("no answer within " + std::to_string(muster::kConnectTimeout.count())));
  CHECK(took < 5 * Slack());
  CancelAll(calls);
}
