// User code that does its worst to the process it runs in: the outcome says what happened, and
// nobody else notices.
#include <ClusterAPI.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::Command;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Rounds;
using Clock = std::chrono::steady_clock;
using Kind = Outcome::Kind;

namespace {

struct Hostile {
  const char* name;
  Command command;
  Kind kind;
  int code = 0;           // exit code or signal
  const char* said = "";  // part of what describe() says
  std::uint32_t reaped = 0;
  std::chrono::milliseconds deadline{0};
  std::uint64_t memory_bytes = 0;  // its limit; 0: none
  muster::Isolation isolation = muster::Isolation::kWorker;
};

const char* const kStackOverflow =
    "import ctypes, sys\nsys.setrecursionlimit(10**9)\n"
    "F = ctypes.CFUNCTYPE(None)\nf = F(lambda: f())\nf()";

const char* const kDeafPython =
    "import signal\nfor s in (signal.SIGINT, signal.SIGTERM): signal.signal(s, signal.SIG_IGN)\n"
    "while True: pass";

// A warm worker has a descriptor where words have no consequence; a process of its own has the pipe
// of its value.
constexpr char kGarbage[] =
    "import os\nfor fd in range(256):\n  try: os.write(fd, b'\\xff' * 4096)\n"
    "  except OSError: pass";

std::vector<Hostile> CrashingPython() {
  return {
      {"null pointer in C", "import ctypes\nctypes.string_at(0)", Kind::kSignalled, SIGSEGV},
      {"call of no code", "import ctypes\nctypes.CFUNCTYPE(None)(1)()", Kind::kSignalled, SIGSEGV},
      {"stack overflow in C", kStackOverflow, Kind::kSignalled, SIGSEGV},
      {"abort in C", "import ctypes\nctypes.CDLL(None).abort()", Kind::kSignalled, SIGABRT},
      {"endless recursion", "def f(): f()\nf()", Kind::kFailed, 1, "RecursionError"},
      {"os._exit", "import os\nos._exit(3)", Kind::kFailed, 3, "exit code 3"},
      {"exit in C", "import ctypes\nctypes.CDLL(None)._exit(7)", Kind::kFailed, 7, "exit code 7"},
      {"sys.exit", "import sys\nsys.exit(4)", Kind::kFailed, 4, "exit code 4"},
      {"SIGKILL to itself", "import os\nos.kill(os.getpid(), 9)", Kind::kSignalled, SIGKILL},
      {"SIGKILL to its group", "import os\nos.killpg(0, 9)", Kind::kSignalled, SIGKILL},
  };
}

std::vector<Hostile> MeddlingPython() {
  return {
      {"closed standard descriptors", "import os\nfor fd in range(3): os.close(fd)\n6*7",
       Kind::kOk},
      {"closed descriptors", "import os\nos.closerange(0, 256)\nos._exit(5)", Kind::kFailed, 5},
      {"garbage to every descriptor", kGarbage, Kind::kOk},
      {"garbage to every descriptor of its own process", kGarbage, Kind::kFailed, 0, "garbage", 0,
       std::chrono::milliseconds(0), 0, muster::Isolation::kFresh},
      {"a handler for every signal",
       "import signal\nfor s in range(1, 32):\n  try: signal.signal(s, lambda *a: None)\n"
       "  except OSError: pass\n6*7",
       Kind::kOk},
      {"deaf to SIGINT and SIGTERM", kDeafPython, Kind::kTimedOut, 0, "deadline", 0,
       std::chrono::milliseconds(100)},
      {"200 processes",
       "import os, time\nfor i in range(200):\n  if os.fork() == 0: time.sleep(1000)\n"
       "import sys; sys.exit(6)",
       Kind::kFailed, 6, "", 200},
  };
}

std::vector<Hostile> HostileShell() {
  return {
      {"shell: segfault", muster::shell("kill -SEGV $$"), Kind::kSignalled, SIGSEGV},
      {"shell: abort", muster::shell("kill -ABRT $$"), Kind::kSignalled, SIGABRT},
      {"shell: SIGKILL to its group", muster::shell("kill -9 0"), Kind::kSignalled, SIGKILL},
      {"shell: exit", muster::shell("exit 255"), Kind::kFailed, 255, "exit code 255"},
      {"shell: closed descriptors", muster::shell("exec 0<&- 1>&- 2>&-; exit 5"), Kind::kFailed, 5},
      {"shell: garbage to every descriptor",
       muster::shell("for fd in 0 1 2 3 4 5 6 7 8 9; do "
                     "(head -c 4096 /dev/urandom >&$fd) 2>/dev/null; done; exit 6"),
       Kind::kFailed, 6},
      {"shell: deaf to SIGINT and SIGTERM",
       muster::shell("trap '' INT TERM; while :; do sleep 0.05; done"), Kind::kTimedOut, 0,
       "deadline", 0, std::chrono::milliseconds(100)},
      {"shell: 200 processes",
       muster::shell("i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; exit 7"),
       Kind::kFailed, 7, "", 200},
      {"argv: no program", muster::argv({"/dev/null"}), Kind::kStartFailed},
  };
}

std::vector<Hostile> Gluttons() {
  constexpr std::uint64_t kLimit = 64u << 20;
  const std::chrono::milliseconds none(0);
  return {
      {"eats memory", "b = bytearray(1 << 30)", Kind::kOutOfMemory, 0, "its limit of 64 MiB", 0,
       none, kLimit},
      {"eats memory bit by bit", "l = []\nwhile True: l.append('x' * 100000)", Kind::kOutOfMemory,
       0, "its limit of 64 MiB", 0, none, kLimit},
      {"shell: eats memory", muster::shell("head -c 1G /dev/zero | tail"), Kind::kOutOfMemory,
       128 + SIGKILL, "its limit of 64 MiB", 0, none, kLimit},
  };
}

Call Begin(ClusterFixture& node, const Hostile& hostile) {
  muster::ExecuteOptions options;
  if (hostile.deadline.count() > 0) {
    options.deadline = hostile.deadline;
    options.grace = std::chrono::milliseconds(100);
  }
  options.isolation = hostile.isolation;
  if (hostile.memory_bytes > 0) options.limits.memory_bytes = hostile.memory_bytes;
  return node.cluster().execute(1, hostile.command, options);
}

void Check(const Hostile& hostile, Call call) {
  INFO(hostile.name);
  const Outcome* outcome =
      call.wait_for(std::chrono::milliseconds(static_cast<int>(20'000 * muster::test::Slack())));
  REQUIRE(outcome != nullptr);
  INFO(outcome->describe());
  CHECK(outcome->kind == hostile.kind);
  CHECK((hostile.kind == Kind::kSignalled ? outcome->signal : outcome->exit_code) == hostile.code);
  CHECK_THAT(outcome->describe(), Catch::Contains(hostile.said));
  if (hostile.reaped > 0) CHECK(outcome->usage.reaped == hostile.reaped);
}

// Every fifth round each alone, and the next execution after it; in the others all of them at once.
void Try(const std::vector<Hostile>& all) {
  ClusterFixture node(1, {"--workers", "4"});
  const int rounds = Rounds(100);
  const auto begin = Clock::now();
  for (int round = 0; round < rounds; ++round) {
    std::vector<Call> calls;
    for (const Hostile& hostile : all) {
      if (round % 5 == 0) {
        Check(hostile, Begin(node, hostile));
        CHECK(node.cluster().execute(1, "6*7").wait().value().text() == "42");
      } else {
        calls.push_back(Begin(node, hostile));
      }
    }
    for (std::size_t i = 0; i < calls.size(); ++i) Check(all[i], calls[i]);
    CHECK(node.cluster().execute(1, muster::shell("true")).wait().ok());
  }
  const muster::ClusterCheck check = node.cluster().clustercheck();
  CHECK(check);
  CHECK(check.nodes.front().pid == node.pid(1));
  CHECK(node.EndsCleanly());
  std::cout << rounds << " rounds of " << all.size() << " in "
            << std::chrono::duration<double>(Clock::now() - begin).count() << " s" << std::endl;
}

}  // namespace

TEST_CASE("Python that crashes or exits is told apart, and the next execution works") {
  Try(CrashingPython());
}

TEST_CASE("Python that meddles with descriptors, signals and processes harms only itself") {
  Try(MeddlingPython());
}

TEST_CASE("a shell that does its worst harms only itself") { Try(HostileShell()); }

TEST_CASE("code that eats memory is out of memory, and takes it from nobody else") {
  {
    ClusterFixture probe(1, {});
    muster::ExecuteOptions options;
    options.limits.memory_bytes = 64u << 20;
    const Outcome outcome = probe.cluster().execute(1, muster::shell("true"), options).wait();
    if (outcome.kind == Kind::kRefused) {
      WARN("not tried: " << outcome.reason);
      return;
    }
  }
  Try(Gluttons());
}
