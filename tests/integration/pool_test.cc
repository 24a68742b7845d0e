// Warm workers behind a real daemon: who waits for whom, who may see what, and that nothing is lost
// or done twice, whatever happens to a worker.
#include <ClusterAPI.h>
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::ExecuteOptions;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Eventually;
using muster::test::ProcessesWith;
using muster::test::Rounds;
using muster::test::Slack;
using muster::test::WorkersOf;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

milliseconds Bound(int ms) { return milliseconds(static_cast<int>(ms * Slack())); }

std::string OutputOf(Call& call) {
  std::string output;
  for (const muster::Event& event : call) output += event.data;
  return output;
}

}  // namespace

TEST_CASE("hundreds that print much each get through, in whatever order they are read") {
  ClusterFixture node(1, {"--workers", "2"});
  constexpr int kCount = 600;
  constexpr std::size_t kBytes = 700'000;
  std::vector<Call> calls;
  for (int i = 0; i < kCount; ++i) {
    const bool prints = i % 3 == 0;
    calls.push_back(node.cluster().execute(
        1, prints ? "print('" + std::string(1, static_cast<char>('a' + i % 26)) + "' * " +
                        std::to_string(kBytes - 1) + ")"
                  : std::to_string(i)));
  }
  const auto begin = Clock::now();
  for (int i = 0; i < kCount; ++i) {
    Call& call = calls[static_cast<std::size_t>(i)];
    const std::string output = OutputOf(call);
    const Outcome* outcome = call.wait_for(Bound(60'000));
    REQUIRE(outcome != nullptr);
    REQUIRE(outcome->ok());
    REQUIRE(output.size() == (i % 3 == 0 ? kBytes : 0));
    REQUIRE(outcome->value().text() == (i % 3 == 0 ? "None" : std::to_string(i)));
    REQUIRE(Clock::now() - begin < Bound(60'000));
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("what waits behind something long goes to a worker that has nothing to do") {
  ClusterFixture node(1, {"--workers", "2"});
  REQUIRE(node.cluster().execute(1, "1").wait().ok());
  std::vector<Call> calls;
  calls.push_back(node.cluster().execute(1, "import time; time.sleep(600)"));
  for (int i = 0; i < 50; ++i) calls.push_back(node.cluster().execute(1, "1+1"));
  const auto begin = Clock::now();
  for (std::size_t i = 1; i < calls.size(); ++i) {
    const Outcome* outcome = calls[i].wait_for(Bound(5'000));
    REQUIRE(outcome != nullptr);
    CHECK(outcome->value().text() == "2");
  }
  CHECK(Clock::now() - begin < Bound(5'000));
  calls[0].cancel(milliseconds(200));
  CHECK(calls[0].wait().kind == Outcome::Kind::kCancelled);
  CHECK(node.EndsCleanly());
}

TEST_CASE("what was taken back from behind something long leaves room for what comes after it") {
  ClusterFixture node(1, {"--workers", "1"});
  const std::string padding = "#" + std::string(12'000, 'x') + "\n";
  // Quick ones first: a worker that is known to be quick is handed many ahead.
  for (int i = 0; i < 300; ++i) REQUIRE(node.cluster().execute(1, "1").wait().ok());
  for (int round = 0; round < Rounds(100); ++round) {
    std::vector<Call> calls;
    for (int i = 0; i < 120; ++i) {
      calls.push_back(node.cluster().execute(
          1, (i % 40 == 20 ? "import time; time.sleep(0.02)\n" : padding) + std::to_string(i)));
    }
    for (int i = 0; i < 120; ++i) {
      const Outcome* outcome = calls[static_cast<std::size_t>(i)].wait_for(Bound(10'000));
      REQUIRE(outcome != nullptr);
      REQUIRE(outcome->value().text() == std::to_string(i));
    }
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("each is told its own time, also when many end between two looks of the daemon") {
  ClusterFixture node(1, {"--workers", "1"});
  REQUIRE(node.cluster().execute(1, "import time").wait().ok());
  std::vector<Call> calls;
  for (int i = 0; i < 200; ++i) {
    calls.push_back(node.cluster().execute(
        1, "import time\nend = time.perf_counter() + 0.0004\nwhile time.perf_counter() < end: 0"));
  }
  for (Call& call : calls) {
    CHECK(call.wait().ok());
    CHECK(call.wait().usage.wall >= std::chrono::microseconds(400));
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("outcomes do not wait for something long that follows them") {
  ClusterFixture node(1, {"--workers", "1"});
  REQUIRE(node.cluster().execute(1, "1").wait().ok());
  for (const int count : {1, 2, 7, 40, 400}) {
    std::vector<Call> calls;
    for (int i = 0; i < count; ++i) calls.push_back(node.cluster().execute(1, std::to_string(i)));
    std::vector<Call> sleeping;
    for (int i = 0; i < count; ++i) {
      sleeping.push_back(node.cluster().execute(1, "import time; time.sleep(600)"));
    }
    const auto begin = Clock::now();
    for (int i = 0; i < count; ++i) {
      const Outcome* outcome = calls[static_cast<std::size_t>(i)].wait_for(Bound(5'000));
      REQUIRE(outcome != nullptr);
      CHECK(outcome->value().text() == std::to_string(i));
    }
    CHECK(Clock::now() - begin < Bound(2'000));
    for (Call& call : sleeping) call.cancel(milliseconds(100));
    for (Call& call : sleeping) CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("they begin in the order in which they came, whatever was handed to whom meanwhile") {
  // Workers that begin late give back what they were handed: again and again, with all that waits.
  const int rounds = Rounds(200);
  for (int round = 0; round < rounds; ++round) {
    ClusterFixture node(1, {"--workers", "2"});
    std::vector<Call> calls;
    for (int i = 0; i < 2; ++i) calls.push_back(node.cluster().execute(1, std::to_string(i)));
    for (int i = 0; i < 6; ++i) {
      calls.push_back(node.cluster().execute(1, "import time; time.sleep(600)"));
    }
    for (std::size_t i = 0; i < 2; ++i) {
      const Outcome* outcome = calls[i].wait_for(Bound(10'000));
      REQUIRE(outcome != nullptr);
      CHECK(outcome->ok());
    }
    for (Call& call : calls) call.cancel(milliseconds(0));
  }
}

TEST_CASE("the end of one that waits does not touch the one that runs") {
  ClusterFixture node(1, {"--workers", "1"});
  const std::string mark = node.folder().path() + "/mark";
  Call running = node.cluster().execute(1, "import time\ntime.sleep(2)\n'whole'");
  REQUIRE(Eventually([&] { return node.cluster().clustercheck().nodes[0].running == 1; }));
  const std::string writes = "open(" + ("'" + mark + "'") + ", 'a').write('x')";
  ExecuteOptions short_time;
  short_time.deadline = milliseconds(300);
  Call cancelled = node.cluster().execute(1, writes);
  Call late = node.cluster().execute(1, writes, short_time);
  Call stays = node.cluster().execute(1, "'next'");
  cancelled.cancel();
  CHECK(cancelled.wait().kind == Outcome::Kind::kCancelled);
  CHECK(late.wait().kind == Outcome::Kind::kTimedOut);
  CHECK_FALSE(running.done());
  CHECK(running.wait().value().text() == "'whole'");
  CHECK(stays.wait().value().text() == "'next'");
  CHECK_FALSE(std::ifstream(mark).good());
  CHECK(node.EndsCleanly());
}

TEST_CASE("a worker that is killed takes what runs with it, and nothing that waits") {
  ClusterFixture node(1, {"--workers", "1"});
  const std::string log = node.folder().path() + "/log";
  const std::string note = "import os\nopen('" + log + "', 'a').write('%\\n')\n";
  const auto noted = [&](const std::string& name, const std::string& then) {
    std::string source = note + then;
    return source.replace(source.find('%'), 1, name);
  };
  Call killed = node.cluster().execute(
      1, noted("killed", "import time\nprint('begun', flush=True)\ntime.sleep(600)"));
  std::vector<Call> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(node.cluster().execute(1, noted("w" + std::to_string(i), std::to_string(i))));
  }
  REQUIRE(killed.next()->data == "begun\n");
  for (const pid_t worker : WorkersOf(node.pid(1))) ::kill(worker, SIGKILL);
  CHECK(killed.wait().kind == Outcome::Kind::kSignalled);
  CHECK(killed.wait().signal == SIGKILL);
  for (int i = 0; i < 20; ++i) {
    CHECK(waiting[static_cast<std::size_t>(i)].wait().value().text() == std::to_string(i));
  }
  std::multiset<std::string> names;
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);) names.insert(line);
  CHECK(names.size() == 21);
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == 21);
  CHECK(node.EndsCleanly());
}

TEST_CASE("thousands while workers are killed: one outcome each, right, and none runs twice") {
  constexpr int kClients = 8;
  ClusterFixture node(1, {"--workers", "4"});
  const std::string log = node.folder().path() + "/log";
  const int each = Rounds(125'000);
  std::mt19937_64 random(muster::test::Seed());
  std::atomic<bool> is_over{false};
  std::atomic<int> kills{0};
  std::thread killer([&] {
    while (!is_over) {
      std::this_thread::sleep_for(milliseconds(20 + random() % 60));
      const std::vector<pid_t> workers = WorkersOf(node.pid(1));
      if (workers.empty()) continue;
      if (::kill(workers[random() % workers.size()], SIGKILL) == 0) ++kills;
    }
  });
  std::atomic<int> right{0};
  std::atomic<int> signalled{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> clients;
  const auto begin = Clock::now();
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      muster::ClusterAPI cluster = node.Connect();
      std::deque<std::pair<int, Call>> calls;
      const auto take = [&] {
        const Outcome outcome = calls.front().second.wait();
        const int n = calls.front().first;
        if (outcome.ok() && outcome.value().text() == std::to_string(n + 1)) {
          ++right;
        } else if (outcome.kind == Outcome::Kind::kSignalled && outcome.signal == SIGKILL) {
          ++signalled;
        } else if (++wrong < 4) {
          std::cout << "wrong: " << outcome.describe() << " " << outcome.value().text() << "\n";
        }
        calls.pop_front();
      };
      for (int i = 0; i < each; ++i) {
        const int n = c * each + i;
        const std::string number = std::to_string(n);
        // Every tenth leaves a note of having begun.
        const std::string source = i % 10 != 0 ? number + "+1"
                                               : "import os\nf = os.open('" + log +
                                                     "', 1089, 384)\nos.write(f, b'" + number +
                                                     "\\n')\nos.close(f)\n" + number + "+1";
        calls.emplace_back(n, cluster.execute(1, source));
        if (calls.size() >= 128) take();
      }
      while (!calls.empty()) take();
    });
  }
  for (std::thread& client : clients) client.join();
  is_over = true;
  killer.join();
  std::cout << kClients * each << " executions, " << kills << " workers killed, " << signalled
            << " were hit, in " << std::chrono::duration<double>(Clock::now() - begin).count()
            << " s" << std::endl;
  CHECK(wrong == 0);
  CHECK(right + signalled == kClients * each);
  CHECK(signalled <= kills);
  std::multiset<std::string> begun;
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);) begun.insert(line);
  CHECK(begun.size() == std::set<std::string>(begun.begin(), begun.end()).size());
  CHECK(node.EndsCleanly());
}

TEST_CASE("output belongs to the one that wrote it, never to the next") {
  ClusterFixture node(1, {"--workers", "1"});
  const auto run = [&](const std::string& source) {
    Call call = node.cluster().execute(1, source);
    const std::string output = OutputOf(call);
    INFO(call.wait().describe());
    CHECK(call.wait().usage.stdout_bytes + call.wait().usage.stderr_bytes == output.size());
    return output;
  };
  for (int round = 0; round < 20; ++round) {
    const std::string n = std::to_string(round);
    CHECK(run("print('a" + n + "', end='')") == "a" + n);
    CHECK(run("1") == "");
    CHECK(run("import ctypes; ctypes.CDLL(None).printf(b'c" + n + "')") == "c" + n);
    CHECK(run("import subprocess; subprocess.run(['echo', 's" + n + "']).returncode") ==
          "s" + n + "\n");
    CHECK(run("import sys; sys.stderr.write('e" + n + "'); None") == "e" + n);
    CHECK(run("import sys\nfor i in range(1000): print('x' * 500); sys.stderr.write('y' * 500)")
              .size() == 1'001'000);
    CHECK(run("2") == "");
    // Its thread is left; what it writes afterwards is nobody's.
    CHECK(run("import threading, time\n"
              "def late():\n  time.sleep(0.2)\n  print('late', flush=True)\n"
              "threading.Thread(target=late, daemon=True).start()") == "");
    CHECK(run("import time; time.sleep(0.3); print('own')") == "own\n");
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("nothing of one is visible in the next but modules that were imported") {
  ClusterFixture node(1, {"--workers", "1"});
  const auto run = [&](const std::string& source) {
    return node.cluster().execute(1, source).wait();
  };
  CHECK(run("x = 1\ndef f(): return x\nimport json").ok());
  CHECK(run("x").exception->type == "NameError");
  CHECK(run("f").exception->type == "NameError");
  CHECK(run("json").exception->type == "NameError");
  CHECK(run("sorted(globals())").value().text() == "['__builtins__', '__name__', '__spec__']");
  CHECK(run("import os; os.environ['LEFT'] = '1'; os.chdir('/')").ok());
  CHECK(run("import os; os.environ.get('LEFT')").value().text() == "None");
  CHECK(run("import builtins; builtins.left = 1").ok());
  CHECK(run("left").exception->type == "NameError");
  for (const char* spoils :
       {"import sys; sys.modules.clear()", "import sys; del sys.modules['sys']",
        "import sys; sys.modules = None", "import sys; sys.stdout = sys.stderr = None",
        "import sys; sys.__dict__.clear()", "import builtins; del builtins.compile",
        "import builtins; builtins.__import__ = None", "import ast; ast.parse = None"}) {
    CAPTURE(spoils);
    CHECK(run(spoils).ok());
    CHECK(run("import decimal, sys\nprint('x', file=sys.stdout)\nstr(decimal.Decimal(7))")
              .value()
              .text() == "'7'");
    CHECK(run("import muster_task\n1 / 0").exception->type == "ZeroDivisionError");
  }
  CHECK(run("import random; random.random()").value().text() !=
        run("import random; random.random()").value().text());
  CHECK(node.EndsCleanly());
}

TEST_CASE("what a piece of Python leaves running is counted, or killed, and told") {
  const std::string stays = muster::test::UniqueSeconds();
  ClusterFixture node(1, {"--workers", "1"});
  const Outcome left = node.cluster()
                           .execute(1, "import subprocess\nsubprocess.Popen(['sleep', '" + stays +
                                           "'], start_new_session=True, stdout=-3, stderr=-3)\n'v'")
                           .wait();
  INFO(left.describe());
  CHECK(left.ok());
  CHECK(left.value().text() == "'v'");
  CHECK(left.usage.left == 1);
  const Outcome reaped =
      node.cluster()
          .execute(1, "import subprocess\nsubprocess.Popen(['sleep', '1234.5'])\n'w'")
          .wait();
  INFO(reaped.describe());
  CHECK(reaped.value().text() == "'w'");
  CHECK(reaped.usage.reaped == 1);
  // The one that stays is the test's to end.
  for (const pid_t pid : ProcessesWith("sleep " + stays)) ::kill(pid, SIGKILL);
  CHECK(node.EndsCleanly());
}
