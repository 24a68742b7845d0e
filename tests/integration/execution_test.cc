// What runs on a node, and what comes back: shell, argv, Python; output, values, exceptions,
// limits.
#include <signal.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "common/limits.h"
#include "tests/integration/node_fixture.h"

using Catch::Contains;
using muster::test::Collected;
using muster::test::NodeFixture;
namespace v1 = muster::v1;

TEST_CASE("A shell line's streams stay apart and its exit code is its own") {
  NodeFixture node;
  const Collected got = node.Run(node.Shell("echo out; echo err >&2; exit 3"));
  CHECK(got.status.ok());
  CHECK(got.started);
  CHECK(got.outcomes == 1);
  CHECK(got.out == "out\n");
  CHECK(got.err == "err\n");
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  CHECK(got.outcome.exit_code() == 3);
  CHECK(got.outcome.usage().stdout_bytes() == 4);
  CHECK(got.outcome.usage().stderr_bytes() == 4);
}

TEST_CASE("An argv reaches the program as it is") {
  NodeFixture node;
  const Collected got = node.Run(node.Argv({"printf", "%s|", "a b", "", "$HOME", "\xff\n"}));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.out == "a b||$HOME|\xff\n|");
}

TEST_CASE("A program that is not there is start_failed and names it") {
  NodeFixture node;
  const Collected got = node.Run(node.Argv({"no-such-program"}));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_START_FAILED);
  CHECK(got.outcome.error_number() == ENOENT);
  CHECK_THAT(got.outcome.reason(), Contains("no-such-program"));
}

TEST_CASE("The directory and the environment of a request are used, and a wrong one is named") {
  NodeFixture node;
  v1::ExecuteRequest request = node.Shell("pwd; echo $GREETING $MUSTER_NODE");
  request.set_directory("/usr/share");
  auto* variable = request.add_environment();
  variable->set_name("GREETING");
  variable->set_value("hello = you");
  CHECK(node.Run(request).out == "/usr/share\nhello = you n1\n");

  v1::ExecuteRequest wrong = node.Python("1");
  wrong.set_directory("/no/such/folder");
  const Collected got = node.Run(wrong);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_START_FAILED);
  CHECK_THAT(got.outcome.reason(), Contains("/no/such/folder"));

  v1::ExecuteRequest python = node.Python("import os; os.environ['GREETING'], os.getcwd()");
  python.set_directory("/usr/share");
  *python.add_environment() = request.environment(0);
  CHECK(node.Run(python).value == "('hello = you', '/usr/share')");
}

TEST_CASE("Python is a notebook cell: statements run, the last expression is the value") {
  NodeFixture node;
  const auto value = [&](const std::string& source) {
    const Collected got = node.Run(node.Python(source));
    INFO(source << " " << got.outcome.ShortDebugString() << got.err);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
    return got.outcome.has_value() ? got.value : "no value";
  };
  CHECK(value("1+1") == "2");
  CHECK(value("x = 20\nx + 1") == "21");
  CHECK(value("x = 1") == "no value");
  CHECK(value("'a'") == "'a'");
  CHECK(value("None") == "None");
  CHECK(value("[i for i in range(3)]") == "[0, 1, 2]");
  CHECK(value("def f(n):\n  return 1 if n < 2 else n * f(n - 1)\nf(20)") == "2432902008176640000");
  CHECK(value("sorted(globals())") == "['__builtins__', '__name__', '__spec__']");
  CHECK(value("'\\udc80'") == "'\\udc80'");
  CHECK(value("__name__") == "'__main__'");
  CHECK(value("len(str(99999 ** 99999))") == "499995");
  CHECK(value("import sys; sys.exit(0)") == "no value");
  CHECK(value("import os; sorted(int(f) for f in os.listdir('/proc/self/fd'))") ==
        "[0, 1, 2, 3, 4]");  // 3: the value's pipe; 4: listdir's own
}

TEST_CASE("A process that the code forks and that runs on to the end says nothing in its place") {
  NodeFixture node;
  for (const char* end : {"'parent' if pid else 'child'", "pid or 1 / 0; 'parent'",
                          "pid or __import__('sys').exit(3); 'parent'"}) {
    const Collected got = node.Run(
        node.Python("import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\n" + std::string(end)));
    INFO(end << got.outcome.ShortDebugString());
    CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
    CHECK(got.value == "'parent'");
  }
}

TEST_CASE("The value can be asked for as str, surrogates and all") {
  NodeFixture node;
  v1::ExecuteRequest request = node.Python("'\\udc80\\u00e4\\0'");
  request.mutable_python()->set_form(v1::PythonSource::FORM_STR);
  CHECK(node.Run(request).value == std::string("\xed\xb2\x80\xc3\xa4\0", 6));
}

TEST_CASE("A Python exception comes back as data, with the line and the source") {
  NodeFixture node;
  const Collected got = node.Run(node.Python("def f():\n  return 1/0\nf()"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  CHECK(got.outcome.exception().type() == "ZeroDivisionError");
  CHECK(got.outcome.exception().message() == "division by zero");
  CHECK(got.outcome.exception().line() == 2);
  CHECK_THAT(got.outcome.exception().traceback(), Contains("    return 1/0\n"));
  CHECK_THAT(got.outcome.exception().traceback(), !Contains("runner"));
  CHECK(got.err.empty());
}

TEST_CASE("A syntax error has its type, line and caret") {
  NodeFixture node;
  const Collected got = node.Run(node.Python("x = 1\nx = = 2"));
  CHECK(got.outcome.exception().type() == "SyntaxError");
  CHECK(got.outcome.exception().line() == 2);
  CHECK_THAT(got.outcome.exception().traceback(), Contains("x = = 2\n") && Contains("^"));
}

TEST_CASE("A worker that exits, aborts or segfaults says so, and the next execution works") {
  NodeFixture node({"--workers", "1"});
  Collected got = node.Run(node.Python("import sys; sys.exit(3)"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  CHECK(got.outcome.exit_code() == 3);
  got = node.Run(node.Python("import os; os._exit(0)"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  CHECK_THAT(got.outcome.reason(), Contains("os._exit"));
  got = node.Run(node.Python("import ctypes; ctypes.string_at(0)"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_SIGNALLED);
  CHECK(got.outcome.signal() == SIGSEGV);
  got = node.Run(node.Python("import os; os.abort()"));
  CHECK(got.outcome.signal() == SIGABRT);
  got =
      node.Run(node.Python("import os\nfor fd in range(64):\n  try: os.write(fd, b'x' * 4096)\n"
                           "  except OSError: pass"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  got =
      node.Run(node.Python("import os\nfor fd in range(64):\n  try: os.close(fd)\n"
                           "  except OSError: pass"));
  CHECK(got.outcomes == 1);
  CHECK(node.Run(node.Python("6*7")).value == "42");
}

TEST_CASE("Output keeps its bytes at every size") {
  NodeFixture node;
  for (const std::size_t size : {0, 1, 8191, 8192, 8193, 65535, 65536, 65537, 50'000'000}) {
    const Collected got =
        node.Run(node.Python("import os, sys\nb = bytes(i * 7 % 256 for i in range(256))\n"
                             "n = " +
                             std::to_string(size) +
                             "\nsys.stdout.buffer.write((b * (n // 256 + 1))[:n])\n"
                             "_ = sys.stderr.buffer.write(b'e' * n)"));
    INFO(size);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
    CHECK(got.out.size() == size);
    CHECK(got.err == std::string(size, 'e'));
    CHECK(got.outcome.usage().stdout_bytes() == size);
    bool equal = true;
    for (std::size_t i = 0; i < got.out.size(); ++i) {
      equal = equal && got.out[i] == static_cast<char>(i * 7 % 256);
    }
    CHECK(equal);
  }
}

TEST_CASE("A value of 32 MiB arrives whole") {
  NodeFixture node;
  v1::ExecuteRequest request = node.Python("'0123456789abcdef' * (1 << 21)");
  request.mutable_python()->set_form(v1::PythonSource::FORM_STR);
  const Collected got = node.Run(request);
  CHECK(got.value.size() == 32u << 20);
  CHECK(got.value.substr(got.value.size() - 16) == "0123456789abcdef");
}

TEST_CASE("Sources at the limit run, sources over it are refused with the limit") {
  NodeFixture node;
  const std::string comment = "#" + std::string(muster::kMaxSourceBytes - 16, 'x') + "\n";
  CHECK(node.Run(node.Python(comment + "6*7")).value == "42");
  CHECK(node.Run(node.Shell(comment + "echo $((6*7))")).out == "42\n");
  CHECK(node.Run(node.Shell("#" + std::string(muster::kMaxArgumentBytes - 9, 'x') + "\necho 42"))
            .out == "42\n");
  for (v1::ExecuteRequest request :
       {node.Python(std::string(muster::kMaxSourceBytes + 1, '#')),
        node.Shell(std::string(muster::kMaxSourceBytes + 1, '#')),
        node.Argv({"true", std::string(muster::kMaxArgumentBytes + 1, 'x')}), node.Shell(" \n"),
        node.Python(""), node.Argv({}), node.Argv({""}), node.Shell(std::string("a\0b", 3))}) {
    const Collected got = node.Run(request);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
    CHECK_FALSE(got.started);
    CHECK_FALSE(got.outcome.reason().empty());
  }
  CHECK_THAT(node.Run(node.Argv({"true", std::string(131072, 'x')})).outcome.reason(),
             Contains("131071"));
  const Collected fits = node.Run(node.Argv({"true", std::string(131071, 'x')}));
  CHECK(fits.outcome.kind() == v1::Outcome::KIND_OK);
}

TEST_CASE("A message over 4 MiB is RESOURCE_EXHAUSTED and the node goes on") {
  NodeFixture node;
  CHECK(node.Run(node.Python(std::string(5 << 20, '#'))).status.error_code() ==
        grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(node.Run(node.Python("1")).value == "1");
}

TEST_CASE("What a command left behind in its own session is killed, a service of its own stays") {
  NodeFixture node;
  const std::string own = muster::test::UniqueSeconds();
  const std::string service = muster::test::UniqueSeconds();
  const Collected got = node.Run(node.Shell("sleep " + own + " & setsid sleep " + service +
                                            " >/dev/null 2>&1 & sleep 0.2; echo done"));
  CHECK(got.out == "done\n");
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.outcome.usage().reaped() == 1);
  CHECK(got.outcome.usage().left() == 1);
  CHECK(muster::test::ProcessesWith("sleep " + own).empty());
  const auto left = muster::test::ProcessesWith("sleep " + service);
  REQUIRE(left.size() == 1);
  ::kill(left[0], SIGKILL);
}

TEST_CASE(
    "A process that leaves its session after its parent has exited, as daemon(3) does, stays") {
  NodeFixture node;
  const std::string service = muster::test::UniqueSeconds();
  const Collected got = node.Run(node.Python(
      "import os, time\nif os.fork() == 0:\n  time.sleep(0.1)\n  os.setsid()\n"
      "  null = os.open('/dev/null', os.O_RDWR)\n  for fd in range(3): os.dup2(null, fd)\n"
      "  os.close(3)\n  os.execvp('sleep', ['sleep', '" +
      service + "'])"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.outcome.usage().left() == 1);
  CHECK(got.outcome.usage().reaped() == 0);
  // It has left its session, and may not have come to its exec yet.
  CHECK(muster::test::Eventually(
      [&] { return muster::test::ProcessesWith("sleep " + service).size() == 1; }));
  const auto left = muster::test::ProcessesWith("sleep " + service);
  REQUIRE(left.size() == 1);
  ::kill(left[0], SIGKILL);
}

TEST_CASE("An exception tells what it came from, as data, the nearest first") {
  NodeFixture node;
  const v1::Exception error =
      node.Run(node.Python("import json\ntry:\n  try:\n    1/0\n  except Exception as first:\n"
                           "    raise json.JSONDecodeError('bad', 'x', 0)\n"
                           "except Exception as second:\n  raise KeyError('k') from second"))
          .outcome.exception();
  CHECK(error.type() == "KeyError");
  REQUIRE(error.causes_size() == 2);
  CHECK(error.causes(0).type() == "json.decoder.JSONDecodeError");
  CHECK(error.causes(0).is_explicit());
  CHECK(error.causes(1).type() == "ZeroDivisionError");
  CHECK(error.causes(1).message() == "division by zero");
  CHECK_FALSE(error.causes(1).is_explicit());
  const v1::Exception hidden =
      node.Run(node.Python("try:\n  1/0\nexcept Exception:\n  raise KeyError from None"))
          .outcome.exception();
  CHECK(hidden.causes_size() == 0);
  const v1::Exception endless =
      node.Run(node.Python("a = b = None\nfor i in range(100):\n  a, b = ValueError(str(i)), a\n"
                           "  a.__cause__ = b\na.__cause__.__cause__.__cause__ = a\nraise a"))
          .outcome.exception();
  CHECK(endless.causes_size() == 2);
}

TEST_CASE("A service that `service X restart` starts is running afterwards, and is counted") {
  NodeFixture node;
  const std::string seconds = muster::test::UniqueSeconds();
  // What an init script does, with a program that nobody else runs.
  const std::string service = node.folder() + "/service";
  const std::string line = service + " " + seconds;
  const Collected got = node.Run(node.Shell(
      "cp /bin/sleep " + service + " && /sbin/start-stop-daemon --start --background --exec " +
      service + " -- " + seconds));
  CHECK(got.err.empty());
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.outcome.usage().left() == 1);
  CHECK(muster::test::Eventually([&] { return muster::test::ProcessesWith(line).size() == 1; }));
  for (const pid_t pid : muster::test::ProcessesWith(line)) muster::test::Kill(pid, SIGKILL);
  ::unlink(service.c_str());
}

TEST_CASE("Two hundred executions at once all end once, with their own output") {
  NodeFixture node;
  std::vector<v1::ExecuteRequest> requests;
  for (int i = 0; i < 200; ++i) requests.push_back(node.Shell("echo " + std::to_string(i)));
  std::vector<Collected> got(requests.size());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 20; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < requests.size(); i += 20) got[i] = node.Run(requests[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].out == std::to_string(i) + "\n");
    CHECK(got[i].outcomes == 1);
  }
}
