// Python sessions: what stays between cells, how a cell is stopped without its session, how a
// session ends, and that nobody meets what is another's.
#include <signal.h>

#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <thread>

#include "tests/integration/python_session.h"

using Catch::Contains;
using muster::test::Cell;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::ListSessions;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::RunCell;
using muster::test::RunningCell;
using muster::test::Slack;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

TEST_CASE("Variables, functions, imports, directory, threads and processes stay in a session") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  Collected got = RunCell(node, "import json, os, sys\nx = 6\ndef f(y):\n  return x * y\nx");
  CHECK(got.started);
  CHECK(got.outcomes == 1);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.value == "6");
  CHECK(RunCell(node, "json.dumps([f(7)])").value == "'[42]'");
  CHECK(RunCell(node, "__name__, sys.modules['__main__'].x").value == "('__main__', 6)");
  CHECK(RunCell(node, "os.chdir('/usr/share'); os.environ['X'] = '1'; del x").outcome.kind() ==
        v1::Outcome::KIND_OK);
  CHECK(RunCell(node, "os.getcwd(), os.environ['X'], os.environ['MUSTER_NODE']").value ==
        "('/usr/share', '1', 'n1')");
  CHECK(RunCell(node, "f(1)").outcome.exception().type() == "NameError");
  // Neither a thread nor a process ends the worker, as they do in the pool.
  CHECK(RunCell(node,
                "import threading\ngo = threading.Event()\nseen = []\n"
                "def work():\n  go.wait()\n  seen.append(1)\n"
                "t = threading.Thread(target=work, daemon=True)\nt.start()")
            .outcome.kind() == v1::Outcome::KIND_OK);
  got = RunCell(node, "import subprocess\np = subprocess.Popen(['sleep', '" + seconds + "'])");
  CHECK(got.outcome.usage().left() == 1);
  CHECK(got.outcome.usage().reaped() == 0);
  got = RunCell(node, "go.set(); t.join(); seen");
  CHECK(got.value == "[1]");
  CHECK(got.outcome.usage().left() == 0);  // it is not this one's
  CHECK(ProcessesWith("sleep " + seconds).size() == 1);
  CHECK(RunCell(node, "p.terminate(); p.wait()").value == "-15");
  CHECK(RunCell(node, "import signal; signal.signal(signal.SIGUSR1, lambda *_: seen.append(2))")
            .outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(RunCell(node, "os.kill(os.getpid(), signal.SIGUSR1); seen").value == "[1, 2]");
  // An exception and an exit end a cell, not its session.
  got = RunCell(node, "def g():\n  return 1 / 0\ng()");
  CHECK(got.outcome.exception().type() == "ZeroDivisionError");
  got = RunCell(node, "g()");
  CHECK_THAT(got.outcome.exception().traceback(), Contains("return 1 / 0"));
  CHECK(RunCell(node, "import sys; sys.exit(3)").outcome.exit_code() == 3);
  CHECK(RunCell(node, "seen").value == "[1, 2]");
}

TEST_CASE("Sessions of two names, and a cell without one, share nothing") {
  NodeFixture node;
  CHECK(RunCell(node, "x = 1; import os; os.getpid()", "one").value !=
        RunCell(node, "x = 2; import os; os.getpid()", "two").value);
  CHECK(RunCell(node, "x", "one").value == "1");
  CHECK(RunCell(node, "x", "two").value == "2");
  CHECK(node.Run(node.Python("x")).outcome.exception().type() == "NameError");
}

TEST_CASE("A value goes as data from a session, too") {
  NodeFixture node;
  v1::ExecuteRequest request = Cell(node, "[1, 'a', b'\\0']");
  request.mutable_python()->set_form(v1::PythonSource::FORM_DATA);
  const Collected got = node.Run(request);
  CHECK(got.outcome.value_is_data());
  CHECK(got.value == std::string("\x83\x01\x61\x61\x41\x00", 6));
  const Collected big = RunCell(node, "'x' * 3000000");
  CHECK(big.value == "'" + std::string(3000000, 'x') + "'");
}

TEST_CASE("Long sources run in a session") {
  NodeFixture node;
  for (int i = 0; i < 20; ++i) {  // several times around the ring
    CHECK(RunCell(node, "x = '" + std::string(3000000, 'y') + "'; len(x)").value == "3000000");
    if (i % 2 == 0) CHECK(RunCell(node, "x[:2]").value == "'yy'");
  }
}

TEST_CASE("What a session cannot keep to is refused with a reason, and opens none") {
  NodeFixture node;
  v1::ExecuteRequest directory = Cell(node, "1");
  directory.set_directory("/");
  v1::ExecuteRequest limits = Cell(node, "1");
  limits.mutable_limits()->set_open_files(10);
  v1::ExecuteRequest fresh = Cell(node, "1");
  fresh.set_isolation(v1::ISOLATION_FRESH);
  v1::ExecuteRequest reap = Cell(node, "1");
  reap.set_leftovers(v1::LEFTOVERS_REAP);
  for (const v1::ExecuteRequest& request :
       {directory, limits, fresh, reap, Cell(node, "1", "no name")}) {
    const Collected got = node.Run(request);
    INFO(request.ShortDebugString().substr(0, 300));
    CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
    CHECK_FALSE(got.outcome.reason().empty());
  }
  CHECK(ListSessions(node).empty());
}

TEST_CASE("A name is a shell's or Python's, and says so to the other") {
  NodeFixture node;
  v1::ExecuteRequest shell = node.Shell("echo hi");
  shell.set_session("sh");
  CHECK(node.Run(shell).out == "hi\n");
  Collected got = RunCell(node, "1", "sh");
  CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
  CHECK(got.outcome.reason() ==
        "session sh is open as a shell session, which runs no Python: use another name, or close "
        "it first");
  CHECK(RunCell(node, "1", "py").value == "1");
  shell = node.Shell("echo hi");
  shell.set_session("py");
  got = node.Run(shell);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
  CHECK_THAT(got.outcome.reason(), Contains("session py is open as a Python session"));
  const auto sessions = ListSessions(node);
  REQUIRE(sessions.size() == 2);
  CHECK(sessions[0].name() == "py");
  CHECK(sessions[0].kind() == v1::SESSION_KIND_PYTHON);
  CHECK_FALSE(sessions[0].running());
  CHECK(sessions[1].kind() == v1::SESSION_KIND_SHELL);
  CHECK(sessions[1].age_ms() >= sessions[1].idle_ms());
}

TEST_CASE("A session can be opened, listed and closed, and ends with all that runs in it") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  using muster::test::CloseSession;
  using muster::test::OpenSession;
  CHECK(OpenSession(node, "s", v1::SESSION_KIND_PYTHON) == grpc::StatusCode::OK);
  CHECK(OpenSession(node, "s", v1::SESSION_KIND_PYTHON) == grpc::StatusCode::ALREADY_EXISTS);
  CHECK(OpenSession(node, "s", v1::SESSION_KIND_SHELL) == grpc::StatusCode::ALREADY_EXISTS);
  CHECK(OpenSession(node, "1", v1::SESSION_KIND_PYTHON) == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(OpenSession(node, "t", static_cast<v1::SessionKind>(7)) ==
        grpc::StatusCode::INVALID_ARGUMENT);
  RunningCell running(node,
                      "import subprocess, time\nprint('up', flush=True)\n"
                      "subprocess.Popen(['sleep', '" +
                          seconds + "'], start_new_session=True)\n" + "subprocess.run(['sleep', '" +
                          seconds + "'])");
  REQUIRE(running.Sees("up"));
  RunningCell waiting(node, "1");
  REQUIRE(Eventually([&] {
    const auto sessions = ListSessions(node);
    return sessions.size() == 1 && sessions[0].running() && sessions[0].waiting() == 1 &&
           sessions[0].idle_ms() == 0;
  }));
  CHECK(CloseSession(node, "s") == grpc::StatusCode::OK);
  CHECK(CloseSession(node, "s") == grpc::StatusCode::NOT_FOUND);
  CHECK(RunCell(node, "'new'").value == "'new'");  // the name is free at once
  Collected got = running.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(got.outcome.reason() == "its session was closed; session s ended with it");
  got = waiting.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
  CHECK(got.outcome.reason() ==
        "session s ended (its session was closed) before its turn came; nothing was started");
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); },
                   std::chrono::seconds(8)));
  CHECK(ListSessions(node).size() == 1);
}

TEST_CASE("A hundred cells run in the order in which they came") {
  NodeFixture node;
  RunningCell first(node, "import time\nprint('up', flush=True)\nseen = []\ntime.sleep(0.2)");
  REQUIRE(first.Sees("up"));
  std::vector<std::unique_ptr<RunningCell>> cells;
  for (int i = 0; i < 100; ++i) {
    cells.push_back(
        std::make_unique<RunningCell>(node, "seen.append(" + std::to_string(i) + "); len(seen)"));
    REQUIRE(cells.back()->Starts());  // it has its place in the line
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    CHECK(cells[i]->Finish().value == std::to_string(i + 1));
  }
  CHECK(RunCell(node, "seen == list(range(100))").value == "True");
}

TEST_CASE("Output comes with the cell that wrote it") {
  NodeFixture node;
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    CHECK(RunCell(node, "print('a" + n + "', end='')").out == "a" + n);
    Collected got = RunCell(node, "import subprocess, sys, os\nsys.stderr.write('e" + n +
                                      "')\nsubprocess.run(['echo', 's" + n + "']).returncode");
    CHECK(got.out == "s" + n + "\n");
    CHECK(got.err == "e" + n);
    got = RunCell(node, "print('x' * 300000); os.write(2, b'y' * 100000)");
    CHECK(got.out.size() == 300001);
    CHECK(got.err.size() == 100000);
    CHECK(RunCell(node, "1").out.empty());
  }
  // What goes on writing without end holds up neither its cell nor the next ones.
  CHECK(RunCell(node, "p = subprocess.Popen(['yes'])").outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(RunCell(node, "6 * 7").value == "42");
  CHECK(RunCell(node, "p.kill(); p.wait()").value == "-9");
  RunCell(node, "1");
  CHECK(RunCell(node, "print('mine')").out == "mine\n");
}

TEST_CASE("A reader that is slow makes the cell wait and gets every byte") {
  NodeFixture node;
  const Collected got =
      node.Run(Cell(node, "import sys\nfor _ in range(200):\n  sys.stdout.write('z' * 65536)"),
               [n = 0](const v1::ExecuteEvent&) mutable {
                 if (++n % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
               });
  CHECK(got.out.size() == 200 * 65536);
  CHECK(RunCell(node, "1").out.empty());
}
