// Cancel, drop, detach: through the library, on real nodes.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>

#include "tests/integration/watching.h"

using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::Eventually;
using muster::test::ProcessesWith;
using muster::test::Slack;
using muster::test::UniqueSeconds;
using Clock = std::chrono::steady_clock;

namespace {

ClusterAPI Local() {
  auto cluster = ClusterAPI::local(1);
  INFO(cluster.status().message());
  REQUIRE(cluster.ok());
  return *std::move(cluster);
}

std::string SleepFor(const std::string& seconds) { return "echo begun; sleep " + seconds; }

bool IsGone(const std::string& seconds) {
  return Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); });
}

}  // namespace

TEST_CASE("cancel stops the command and the outcome says so") {
  ClusterAPI cluster = Local();
  const std::string seconds = UniqueSeconds();
  Call call = cluster.execute(1, muster::shell(SleepFor(seconds)));
  REQUIRE(call.next().has_value());
  CHECK_FALSE(call.done());
  const auto begin = Clock::now();
  call.cancel();
  call.cancel();
  CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK(Clock::now() - begin < std::chrono::duration<double>(6 * Slack()));
  CHECK(ProcessesWith("sleep " + seconds).empty());
  call.cancel();
  CHECK(call.done());
}

TEST_CASE("a second cancel with a shorter grace hurries the first") {
  ClusterAPI cluster = Local();
  Call call =
      cluster.execute(1, muster::shell("trap '' INT TERM; echo up; while :; do sleep 1; done"));
  CHECK(call.next()->data == "up\n");
  const auto begin = Clock::now();
  call.cancel(std::chrono::minutes(10));
  call.cancel(std::chrono::minutes(20));
  CHECK(call.wait_for(std::chrono::milliseconds(300)) == nullptr);
  call.cancel(std::chrono::milliseconds(0));
  CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK(Clock::now() - begin < std::chrono::duration<double>(3 * Slack()));
}

TEST_CASE("cancel at once, before anything was answered, ends the call all the same") {
  ClusterAPI cluster = Local();
  for (int i = 0; i < 30; ++i) {
    const std::string seconds = UniqueSeconds();
    Call call = cluster.execute(1, muster::shell("sleep " + seconds));
    call.cancel(std::chrono::milliseconds(100));
    CHECK(call.wait().kind == Outcome::Kind::kCancelled);
    CHECK(IsGone(seconds));
  }
}

TEST_CASE("cancel reaches Python as KeyboardInterrupt") {
  ClusterAPI cluster = Local();
  Call call = cluster.execute(1,
                              "import time\n"
                              "try:\n"
                              "  print('begun', flush=True)\n"
                              "  time.sleep(1234)\n"
                              "except KeyboardInterrupt:\n"
                              "  print('interrupted', flush=True)\n"
                              "  raise\n");
  CHECK(call.next()->data == "begun\n");
  call.cancel();
  CHECK(call.next()->data == "interrupted\n");
  CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK(cluster.execute(1, "1+1").wait().value().text() == "2");
}

TEST_CASE("dropping the last handle stops the command") {
  ClusterAPI cluster = Local();
  const std::string seconds = UniqueSeconds();
  {
    Call call = cluster.execute(1, muster::shell(SleepFor(seconds)));
    REQUIRE(call.next().has_value());
    REQUIRE(Eventually([&] { return !ProcessesWith("sleep " + seconds).empty(); }));
    const Call copy = call;
  }
  CHECK(IsGone(seconds));
}

TEST_CASE("a dropped call that was full of output is stopped too") {
  ClusterAPI cluster = Local();
  const std::string mark = "muster" + UniqueSeconds();
  {
    Call call = cluster.execute(1, muster::argv({"yes", mark}));
    CHECK(call.wait_for(std::chrono::milliseconds(300)) == nullptr);
  }
  CHECK(Eventually([&] { return ProcessesWith("yes " + mark).empty(); }));
}

TEST_CASE("a detached call goes on without its handle, until the cluster ends") {
  const std::string seconds = UniqueSeconds();
  {
    ClusterAPI cluster = Local();
    {
      Call call = cluster.execute(1, muster::shell(SleepFor(seconds)));
      REQUIRE(call.next().has_value());
      call.detach();
    }
    CHECK(cluster.execute(1, muster::shell("sleep 0.5")).wait().ok());
    CHECK_FALSE(ProcessesWith("sleep " + seconds).empty());
  }
  CHECK(IsGone(seconds));
}
