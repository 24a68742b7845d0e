// Stop stops: cancel, deadline, client gone, drain; the whole tree, within grace + 3 s (no cgroup).
#include <signal.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "tests/integration/node_fixture.h"

using Catch::Contains;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::Slack;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

namespace {

// A tree that does not want to go: ignores SIGINT and SIGTERM, forks out of its session.
std::string StubbornTree(const std::string& seconds) {
  return "trap '' INT TERM; setsid sh -c 'trap \"\" INT TERM; (sleep " + seconds + " &) ; sleep " +
         seconds + "' & sleep " + seconds + " & echo up; while :; do sleep " + seconds + "; done";
}

// Runs `request` and calls `stop` once its first output is there.
Collected StopAfterOutput(NodeFixture& node, const v1::ExecuteRequest& request,
                          const std::function<void()>& stop) {
  bool stopped = false;
  return node.Run(request, [&](const v1::ExecuteEvent& event) {
    if (event.has_output() && !stopped) {
      stopped = true;
      stop();
    }
  });
}

}  // namespace

TEST_CASE("Cancel ends a stubborn tree after its grace, and says by whom and how many") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const v1::ExecuteRequest request = node.Shell(StubbornTree(seconds));
  std::chrono::steady_clock::time_point cancelled;
  const Collected got = StopAfterOutput(node, request, [&] {
    CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() >= 6; }));
    cancelled = std::chrono::steady_clock::now();
    CHECK(node.Cancel(request, 400).ok());
  });
  const auto took = std::chrono::steady_clock::now() - cancelled;
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(got.outcome.reason() == "by the caller");
  // Of six; each of the two shells may collect its own child in the moment before it dies itself.
  CHECK(got.outcome.usage().reaped() >= 4);
  CHECK(ProcessesWith("sleep " + seconds).empty());
  CHECK(took >= std::chrono::milliseconds(400));
  CHECK(took < std::chrono::milliseconds(400) + std::chrono::seconds(3) * Slack());
}

TEST_CASE("A command that heeds SIGINT ends at once, long before its grace") {
  NodeFixture node;
  const v1::ExecuteRequest request = node.Shell("echo up; exec sleep 1000");
  const Collected got = StopAfterOutput(node, request, [&] { CHECK(node.Cancel(request).ok()); });
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(got.took < std::chrono::milliseconds(700) * Slack());
}

TEST_CASE("A Python execution is stopped by KeyboardInterrupt and may clean up") {
  NodeFixture node;
  const v1::ExecuteRequest request = node.Python(
      "import time\ntry:\n  print('up')\n  time.sleep(1000)\n"
      "except KeyboardInterrupt:\n  print('cleaned')");
  const Collected got = StopAfterOutput(node, request, [&] { CHECK(node.Cancel(request).ok()); });
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(got.out == "up\ncleaned\n");
}

TEST_CASE("A busy loop in C that ignores SIGINT is killed at the end of its grace") {
  NodeFixture node;
  const v1::ExecuteRequest request = node.Python(
      "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\nwhile True: pass");
  const Collected got =
      StopAfterOutput(node, request, [&] { CHECK(node.Cancel(request, 200).ok()); });
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(node.Run(node.Python("1")).value == "1");
}

TEST_CASE("The deadline counts from receipt and is the verdict") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  v1::ExecuteRequest request = node.Shell("sleep " + seconds);
  request.set_deadline_ms(300);
  const Collected got = node.Run(request);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
  CHECK(got.took >= std::chrono::milliseconds(300));
  CHECK(got.took < std::chrono::milliseconds(1300) * Slack());
  CHECK(ProcessesWith("sleep " + seconds).empty());
}

TEST_CASE("A deadline also ends what still waits for a worker") {
  NodeFixture node({"--workers", "1"});
  const v1::ExecuteRequest blocker = node.Python("print('up')\nimport time; time.sleep(1000)");
  v1::ExecuteRequest waiting = node.Python("1");
  waiting.set_deadline_ms(200);
  StopAfterOutput(node, blocker, [&] {
    const Collected got = node.Run(waiting);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
    const v1::ExecuteRequest cancelled = node.Python("2");
    bool took_it = false;  // Catch's assertions are for one thread
    std::thread canceller(
        [&] { took_it = Eventually([&] { return node.Cancel(cancelled).ok(); }); });
    CHECK(node.Run(cancelled).outcome.kind() == v1::Outcome::KIND_CANCELLED);
    canceller.join();
    CHECK(took_it);
    CHECK(node.Cancel(blocker, 0).ok());
  });
  CHECK(node.Run(node.Python("3")).value == "3");
}

TEST_CASE("A client that breaks its call ends what it started") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  grpc::ClientContext context;
  v1::ExecuteRequest request = node.Shell(StubbornTree(seconds));
  request.set_grace_ms(200);
  const Collected got = node.Run(
      request,
      [&](const v1::ExecuteEvent& event) {
        if (event.has_output()) context.TryCancel();
      },
      &context);
  CHECK(got.status.error_code() == grpc::StatusCode::CANCELLED);
  CHECK(Eventually([&] { return ProcessesWith(seconds).empty(); }, std::chrono::seconds(4)));
}

TEST_CASE("Cancel of an id that is not there is NOT_FOUND; an id is used once") {
  NodeFixture node;
  CHECK(node.Cancel(node.Shell("true")).error_code() == grpc::StatusCode::NOT_FOUND);
  const v1::ExecuteRequest request = node.Shell("echo up; exec sleep 1000");
  StopAfterOutput(node, request, [&] {
    CHECK(node.Run(request).status.error_code() == grpc::StatusCode::ALREADY_EXISTS);
    CHECK(node.Cancel(request).ok());
  });
  CHECK(node.Run(request).status.error_code() == grpc::StatusCode::ALREADY_EXISTS);
}

TEST_CASE("SIGTERM drains: what runs is stopped and told why, nothing new starts, exit 0") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const Collected got = StopAfterOutput(node, node.Shell("echo up; exec sleep " + seconds),
                                        [&] { node.daemon().Kill(SIGTERM); });
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK_THAT(got.outcome.reason(), Contains("clusterd n1 is shutting down"));
  const auto status =
      node.daemon().WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  REQUIRE(status.has_value());
  CHECK(*status == 0);
  CHECK(ProcessesWith("sleep " + seconds).empty());
  CHECK(::access(node.path().c_str(), F_OK) != 0);
  CHECK(::access((node.path() + ".lock").c_str(), F_OK) != 0);
}

TEST_CASE("A second SIGTERM is immediate") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  v1::ExecuteRequest request = node.Shell(StubbornTree(seconds));
  request.set_grace_ms(600'000);
  const Collected got = StopAfterOutput(node, request, [&] {
    node.daemon().Kill(SIGTERM);
    CHECK(Eventually([&] {
      v1::DescribeResponse response;
      grpc::ClientContext context;
      return !node.stub().Describe(&context, v1::DescribeRequest(), &response).ok() ||
             response.draining();
    }));
    node.daemon().Kill(SIGTERM);
  });
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(node.daemon()
            .WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10))
            .has_value());
  CHECK(ProcessesWith(seconds).empty());
}

TEST_CASE("However small the pieces and slow the reader, the daemon's memory stays bounded") {
  NodeFixture node;
  const auto memory = [&] {
    const std::string status =
        muster::test::ReadFile("/proc/" + std::to_string(node.pid()) + "/status");
    return std::stoul(status.substr(status.find("VmRSS:") + 6));  // KiB
  };
  CHECK(node.Run(node.Shell("head -c 3000000 /dev/zero")).outcome.kind() == v1::Outcome::KIND_OK);
  const unsigned long before = memory();
  grpc::ClientContext context;
  // Small pieces: each write is waited for until it was read.
  auto reader = node.stub().Execute(
      &context, node.Shell("i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; "
                           "head -c 100000000 /dev/zero"));
  v1::ExecuteEvent event;
  REQUIRE(reader->Read(&event));
  CHECK(node.Run(node.Shell("sleep 1")).outcome.kind() == v1::Outcome::KIND_OK);
  const unsigned long grown = memory() - std::min(before, memory());
  std::printf("daemon grew by %lu KiB for a reader that does not read\n", grown);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(grown <= 4096);  // what waits here and in gRPC's own buffers
#endif
  std::size_t bytes = 0;
  while (reader->Read(&event)) bytes += event.output().data().size();
  CHECK(bytes == 100000000 + 13890);
}

TEST_CASE("A slow reader pauses its own execution and nobody else's") {
  NodeFixture node;
  grpc::ClientContext context;
  auto reader = node.stub().Execute(&context, node.Shell("head -c 50000000 /dev/zero"));
  v1::ExecuteEvent event;
  REQUIRE(reader->Read(&event));
  CHECK(node.Run(node.Shell("echo other")).out == "other\n");
  std::size_t bytes = 0;
  v1::Outcome outcome;
  while (reader->Read(&event)) {
    bytes += event.output().data().size();
    if (event.has_outcome()) outcome = event.outcome();
  }
  CHECK(bytes == 50000000);
  CHECK(outcome.kind() == v1::Outcome::KIND_OK);
}
