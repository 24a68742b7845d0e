// Output of sessions goes to the command that wrote it, however slow its reader.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/integration/node_fixture.h"

using muster::test::Collected;
using muster::test::NodeFixture;
namespace v1 = muster::v1;

namespace {

v1::ExecuteRequest InSession(v1::ExecuteRequest request) {
  request.set_session("t");
  return request;
}

}  // namespace

TEST_CASE("What waits in a session's terminal for a slow reader is not the next command's") {
  NodeFixture node;
  v1::OpenSessionRequest open;
  open.set_name("t");
  open.mutable_terminal()->mutable_size()->set_rows(24);
  open.mutable_terminal()->mutable_size()->set_columns(80);
  v1::OpenSessionResponse opened;
  grpc::ClientContext context;
  REQUIRE(node.stub().OpenSession(&context, open, &opened).ok());
  for (const std::size_t size : {1u, 4096u, 70'000u, 400'000u, 500'000u}) {
    bool paused = false;
    // The reader pauses at its first piece, so that all that the system holds fills up.
    const auto pause = [&](const v1::ExecuteEvent& event) {
      if (!event.has_output() || std::exchange(paused, true)) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
    };
    const Collected first = node.Run(
        InSession(node.Shell("head -c " + std::to_string(size) + " /dev/zero | tr '\\0' a")),
        pause);
    CHECK(first.out.size() == size);
    CHECK(node.Run(InSession(node.Shell("echo second"))).out == "second\r\n");
  }
}

TEST_CASE("The sources that wait in a session are bounded") {
  NodeFixture node;
  std::vector<std::thread> threads;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back(
        [&, request = InSession(node.Shell("sleep 1 #" + std::string(2'900'000, 'x')))]() mutable {
          request.set_deadline_ms(3000);
          request.set_grace_ms(100);
          const Collected got = node.Run(request);
          if (got.outcome.kind() == v1::Outcome::KIND_REFUSED) ++refused;
        });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(refused >= 4);
  CHECK(refused <= 8);
}

TEST_CASE("A shell that cannot report any more ends its session, and nobody waits") {
  for (const char* source : {"set -n", "ulimit -n 10; echo hi",
                             "for fd in /proc/$$/fd/*; do printf x > $fd; done 2>/dev/null"}) {
    CAPTURE(source);
    NodeFixture node;
    CHECK(node.Run(InSession(node.Shell("x=1"))).outcome.kind() == v1::Outcome::KIND_OK);
    const Collected got = node.Run(InSession(node.Shell(source)));
    CHECK(got.outcomes == 1);
    CHECK(got.took < std::chrono::milliseconds(1500) * muster::test::Slack());
    CHECK(node.Run(InSession(node.Shell("echo next"))).out == "next\n");
  }
}

TEST_CASE("A command of a session that takes its time, and says nothing, is not taken for lost") {
  NodeFixture node;
  const Collected got = node.Run(InSession(node.Shell("sleep 2; cat; exec 3<&-; echo done")));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.out == "done\n");
}
