// Cancel, drop, detach: through the library, on real nodes.
#include <ClusterAPI.h>
#include <unistd.h>

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

TEST_CASE("an execution is listed under its id, and stopped by it") {
  ClusterAPI cluster = Local();
  const std::string seconds = UniqueSeconds();
  const std::string source = "echo $MUSTER_EXECUTION; sleep " + seconds;
  Call call = cluster.execute(1, muster::shell(source));
  const auto event = call.next();
  REQUIRE(event.has_value());
  CHECK(event->data == call.id() + "\n");
  const muster::NodeCheck check = cluster.clustercheck().nodes.front();
  REQUIRE(check.executions.size() == 1);
  CHECK(check.executions[0].id == call.id());
  CHECK(check.executions[0].command == source);
  CHECK(check.executions[0].processes == 0);
  muster::NodeCheck usage;
  CHECK(Eventually([&] {
    usage = cluster.clustercheck(std::chrono::seconds(2), true).nodes.front();
    return usage.executions.size() == 1 && usage.executions[0].processes >= 2;  // sh and sleep
  }));
  REQUIRE(usage.executions.size() == 1);
  CHECK(usage.executions[0].memory_bytes > 0);
  CHECK(check.executions[0].user_id == static_cast<std::int64_t>(::getuid()));

  CHECK(cluster.cancel("n1", call.id()).ok());
  CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK(IsGone(seconds));
  CHECK(cluster.cancel("n1", call.id()).code() == muster::StatusCode::kNotFound);
}

TEST_CASE("a cancel by id that cannot be says why") {
  ClusterAPI cluster = Local();
  const std::string id = "00112233445566778899aabbccddeeff-1";
  CHECK(cluster.cancel("n2", id).code() == muster::StatusCode::kNotFound);
  CHECK(cluster.cancel(1, "mine").code() == muster::StatusCode::kInvalidArgument);
  CHECK(cluster.cancel(1, id, std::chrono::milliseconds(-1)).code() ==
        muster::StatusCode::kInvalidArgument);
}

TEST_CASE("an id of the caller's own is used, and by one execution at a time") {
  ClusterAPI cluster = Local();
  muster::ExecuteOptions options;
  options.id = "00112233445566778899aabbccddeeff-1";
  Call first = cluster.execute(1, muster::shell("echo $MUSTER_EXECUTION; sleep 1234"), options);
  CHECK(first.next()->data == options.id + "\n");
  CHECK(cluster.execute(1, muster::shell("true"), options).wait().reason ==
        "an execution with this id (" + options.id +
            ") was started on n1 before; nothing was started now");
  CHECK(cluster.cancel(1, options.id, std::chrono::milliseconds(0)).ok());
  CHECK(first.wait().kind == Outcome::Kind::kCancelled);
  CHECK(cluster.execute(1, muster::shell("true"), options).wait().kind == Outcome::Kind::kRefused);
  options.id = "mine";
  CHECK(cluster.execute(1, muster::shell("true"), options).wait().kind == Outcome::Kind::kRefused);
}
