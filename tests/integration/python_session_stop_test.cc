// How a cell of a Python session is stopped, with its session or without it, and how sessions end.
#include <signal.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "tests/integration/measuring.h"
#include "tests/integration/python_session.h"

using Catch::Contains;
using muster::test::Cell;
using muster::test::ChildrenWith;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::ListSessions;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::Rounds;
using muster::test::RunCell;
using muster::test::RunningCell;
using muster::test::Slack;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

namespace {

constexpr char kImport[] = "import time\n";
constexpr char kUp[] = "import time\nprint('up', flush=True)\n";

// A source that says itself when it is up is not made to say so before.
Collected Cancelled(NodeFixture& node, const std::string& source, int grace_ms) {
  const bool says_so = source.find("'up'") != std::string::npos;
  RunningCell cell(node, (says_so ? kImport : kUp) + source);
  CHECK(cell.Sees("up"));
  CHECK(node.Cancel(cell.request(), grace_ms).ok());
  return cell.Finish();
}

pid_t PidOf(const Collected& got) { return static_cast<pid_t>(std::stoi(got.value)); }

}  // namespace

TEST_CASE("An interrupt ends a cell and keeps its session") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const std::string pid = RunCell(node, "import os; kept = [1]; os.getpid()").value;
  for (const std::string& source : {
#if !defined(__SANITIZE_THREAD__)  // which keeps signals back until the next call of the C library
         std::string("while True: pass"), std::string("sum(1 for _ in iter(int, 1))"),
#endif
             std::string("time.sleep(1000)"),
             std::string("import threading; threading.Event().wait()"),
             std::string("import os; r, w = os.pipe(); os.read(r, 1)"),
             "import subprocess; subprocess.run(['sleep', '" + seconds + "'])",
             std::string(
                 "try:\n  print('up', flush=True)\n  time.sleep(1000)\nfinally:\n  kept.append(2)"),
             std::string(
                 "try:\n  print('up', flush=True)\n  time.sleep(1000)\nexcept KeyboardInterrupt:\n "
                 " 3")
       }) {
    INFO(source);
    const Collected got = Cancelled(node, source, 20000);
    INFO(got.outcome.ShortDebugString());
    CHECK(got.outcomes == 1);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
    CHECK(got.outcome.reason() == "by the caller");
    CHECK_FALSE(got.outcome.has_value());
    CHECK(got.outcome.usage().stop_us() > 0);
    CHECK(RunCell(node, "kept[0], os.getpid()").value == "(1, " + pid + ")");
  }
  CHECK(ProcessesWith("sleep " + seconds).empty());
  CHECK(RunCell(node, "kept").value == "[1, 2]");
}

TEST_CASE("A deadline that passes keeps the session, too, also that of a cell that waits") {
  NodeFixture node;
  REQUIRE(RunCell(node, "import time; kept = 1").outcome.kind() == v1::Outcome::KIND_OK);
  v1::ExecuteRequest timed = Cell(node, "time.sleep(1000)");
  timed.set_deadline_ms(200);
  RunningCell first(node, timed);
  REQUIRE(first.Starts());
  v1::ExecuteRequest waiting = Cell(node, "kept = 2");
  waiting.set_deadline_ms(50);
  const Collected waited = node.Run(waiting);
  const Collected got = first.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
  CHECK(got.outcome.reason() == "its deadline passed");
  CHECK(got.took < std::chrono::milliseconds(1200) * Slack());
  CHECK(waited.outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
  CHECK(RunCell(node, "kept").value == "1");
}

TEST_CASE("A cell that does not heed the interrupt takes its session with it, and says so") {
  NodeFixture node;
  for (const std::string& stubborn :
       {std::string("import time\ntry:\n  print('up', flush=True)\n  time.sleep(1000)\n"
                    "except KeyboardInterrupt:\n  pass\ntime.sleep(1000)"),
        std::string("import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\n"
                    "time.sleep(1000)")}) {
    const std::string seconds = UniqueSeconds();
    REQUIRE(RunCell(node,
                    "import subprocess; kept = 1\n"
                    "subprocess.Popen(['setsid', 'sleep', '" +
                        seconds + "'])")
                .outcome.kind() == v1::Outcome::KIND_OK);
    RunningCell cell(node, stubborn);
    REQUIRE(cell.Sees("up"));
    RunningCell waiting(node, "1");
    REQUIRE(waiting.Starts());
    CHECK(node.Cancel(cell.request(), 600).ok());
    const Collected got = cell.Finish();
    INFO(got.outcome.ShortDebugString());
    CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
    CHECK(got.outcome.reason() == "by the caller; session s ended with it");
    // SIGTERM at half of the grace, SIGKILL at its end.
    CHECK(got.outcome.usage().stop_us() >= 290000);
    CHECK(got.outcome.usage().stop_us() < (600000 + 3000000) * Slack());
    CHECK(waiting.Finish().outcome.kind() == v1::Outcome::KIND_REFUSED);
    CHECK_THAT(waiting.Finish().outcome.reason(),
               Contains("session s ended before its turn came; nothing was started"));
    CHECK(ProcessesWith("sleep " + seconds).empty());
    CHECK(RunCell(node, "kept").outcome.exception().type() == "NameError");  // a new one
  }
}

TEST_CASE("A grace of nothing kills at once, and a shorter one hurries") {
  NodeFixture node;
  Collected got = Cancelled(node, "time.sleep(1000)", 0);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK_THAT(got.outcome.reason(), Contains("session s ended with it"));
  RunningCell cell(node, std::string(kUp) +
                             "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                             "print('deaf', flush=True); time.sleep(1000)");
  REQUIRE(cell.Sees("deaf"));
  CHECK(node.Cancel(cell.request(), 600000).ok());
  CHECK(node.Cancel(cell.request(), 0).ok());
  got = cell.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(got.took < std::chrono::seconds(5) * Slack());
}

TEST_CASE("A cell that waits can be cancelled, and is not run") {
  NodeFixture node;
  RunningCell first(node, std::string(kUp) + "ran = []\ntime.sleep(0.3)");
  REQUIRE(first.Sees("up"));
  RunningCell second(node, "ran.append(1)");
  REQUIRE(second.Starts());
  CHECK(Eventually([&] { return node.Cancel(second.request()).ok(); }));
  const Collected got = second.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(got.outcome.reason() == "by the caller");
  CHECK(first.Finish().outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(RunCell(node, "ran").value == "[]");
}

TEST_CASE("A client that goes stops its cell and leaves the session") {
  NodeFixture node;
  REQUIRE(RunCell(node, "kept = 1").outcome.kind() == v1::Outcome::KIND_OK);
  {
    RunningCell cell(node, std::string(kUp) + "time.sleep(1000)");
    REQUIRE(cell.Sees("up"));
  }
  CHECK(RunCell(node, "kept").value == "1");
}

TEST_CASE("A worker that ends by itself is told exactly, and its session has ended") {
  NodeFixture node;
  REQUIRE(RunCell(node, "kept = 1").outcome.kind() == v1::Outcome::KIND_OK);
  Collected got = RunCell(node, "print('bye', flush=True); import os; os._exit(3)");
  CHECK(got.out == "bye\n");
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  CHECK(got.outcome.exit_code() == 3);
  CHECK(got.outcome.reason() ==
        "the code ended its worker process with exit code 3 (os._exit?); session s ended with it");
  CHECK(RunCell(node, "kept").outcome.exception().type() == "NameError");
  got = RunCell(node, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)");
  CHECK(got.outcome.kind() == v1::Outcome::KIND_SIGNALLED);
  CHECK(got.outcome.signal() == SIGSEGV);
  CHECK_THAT(got.outcome.reason(), Contains("session s ended with it"));
  // From outside, with one that waits.
  const pid_t pid = PidOf(RunCell(node, "import os; os.getpid()"));
  RunningCell cell(node, std::string(kUp) + "time.sleep(1000)");
  REQUIRE(cell.Sees("up"));
  RunningCell waiting(node, "1");
  REQUIRE(waiting.Starts());
  muster::test::Kill(pid, SIGKILL);
  got = cell.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_SIGNALLED);
  CHECK(got.outcome.signal() == SIGKILL);
  CHECK_THAT(got.outcome.reason(), Contains("session s ended with it"));
  CHECK_THAT(waiting.Finish().outcome.reason(), Contains("session s ended"));
  // While nothing runs.
  const pid_t idle = PidOf(RunCell(node, "import os; os.getpid()"));
  muster::test::Kill(idle, SIGKILL);
  CHECK(Eventually([&] { return ListSessions(node).empty(); }));
  CHECK(RunCell(node, "1").value == "1");
}

TEST_CASE("A killed supervisor loses the cell, and the next one begins anew") {
  NodeFixture node;
  const pid_t pid = PidOf(RunCell(node, "import os; os.getppid()"));
  RunningCell cell(node, std::string(kUp) + "time.sleep(1000)");
  REQUIRE(cell.Sees("up"));
  muster::test::Kill(pid, SIGKILL);
  const Collected got = cell.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_LOST);
  CHECK_THAT(got.outcome.reason(), Contains("session s ended with it"));
  CHECK(RunCell(node, "1").value == "1");
}

TEST_CASE("A supervisor that somebody stopped is woken to interrupt") {
  NodeFixture node;
  const pid_t pid = PidOf(RunCell(node, "import os; kept = 1; os.getppid()"));
  RunningCell cell(node, std::string(kUp) + "time.sleep(1000)");
  REQUIRE(cell.Sees("up"));
  muster::test::Freeze(pid);
  CHECK(node.Cancel(cell.request(), 60000).ok());
  CHECK(cell.Finish().outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(RunCell(node, "kept").value == "1");
}

TEST_CASE("A session that nobody uses ends") {
  NodeFixture node({"--session-timeout", "400ms"});
  for (const bool is_python : {true, false}) {
    v1::ExecuteRequest request = is_python ? node.Python("1") : node.Shell("true");
    request.set_session("s");
    REQUIRE(node.Run(request).outcome.kind() == v1::Outcome::KIND_OK);
    REQUIRE(ListSessions(node).size() == 1);
    CHECK(ListSessions(node)[0].idle_ms() < 400 * Slack());
    CHECK(Eventually([&] { return ListSessions(node).empty(); }));
  }
  // One that is used does not.
  REQUIRE(RunCell(node, "kept = 1; import time").outcome.kind() == v1::Outcome::KIND_OK);
  REQUIRE(RunCell(node, "time.sleep(1)").outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(RunCell(node, "kept").value == "1");
}

TEST_CASE("Of the daemon's limits a session keeps all but that of CPU time") {
  NodeFixture node({"--max-output", "1000", "--max-open-files", "40"});
  Collected got = RunCell(node,
                          "kept = 1; import resource\n"
                          "resource.getrlimit(resource.RLIMIT_NOFILE)[0]");
  CHECK(got.value == "40");
  got = RunCell(node, "while True: print('x' * 99)");
  CHECK(got.out.size() == 1000);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_LIMIT);
  CHECK(got.outcome.reason() == "output of 1000 bytes");
  CHECK(RunCell(node, "kept").value == "1");
  NodeFixture timed({"--max-cpu", "10s"});
  CHECK(RunCell(timed, "1").outcome.kind() == v1::Outcome::KIND_REFUSED);
}

TEST_CASE("Sessions of Python end with their daemon") {
  const std::string seconds = UniqueSeconds();
  {
    NodeFixture node;
    RunCell(node, "import subprocess; subprocess.Popen(['setsid', 'sleep', '" + seconds + "'])");
    RunningCell cell(node, std::string(kUp) + "time.sleep(1000)", "two");
    REQUIRE(cell.Sees("up"));
    node.daemon().Kill(SIGTERM);
    const Collected got = cell.Finish();
    CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
    CHECK_THAT(got.outcome.reason(), Contains("shutting down"));
  }
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
}

TEST_CASE("An interrupt at the very end of a cell never hits the next one") {
  NodeFixture node;
  REQUIRE(RunCell(node, "import time; kept = 1").outcome.kind() == v1::Outcome::KIND_OK);
  int stopped = 0;
  constexpr int kRounds = 400;
  for (int round = 0; round < kRounds; ++round) {
    // The order comes some time before its end, or after it.
    RunningCell cell(node, "t = time.perf_counter() + " + std::to_string(round % 50) +
                               "e-4\nwhile time.perf_counter() < t: pass");
    for (int i = 0; i < 100000 && !cell.HasStarted(); ++i) std::this_thread::yield();
    REQUIRE(cell.Starts());
    // Waits its turn behind it.
    RunningCell next(node, "n = 0\nfor i in range(2000): n += 1\nn");
    const bool is_cancelled = node.Cancel(cell.request(), 60000).ok();
    const Collected got = cell.Finish();
    const Collected after = next.Finish();
    INFO(round << got.outcome.ShortDebugString() << after.outcome.ShortDebugString());
    REQUIRE(after.value == "2000");
    if (got.outcome.kind() == v1::Outcome::KIND_CANCELLED) {
      ++stopped;
      CHECK(is_cancelled);
    } else {
      REQUIRE(got.outcome.kind() == v1::Outcome::KIND_OK);
    }
  }
  WARN(stopped << " of " << kRounds << " were interrupted");
  CHECK(RunCell(node, "kept").value == "1");
}
