// Limits: what is reached is an outcome that names it; what the host cannot enforce is refused.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <string>

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

// A host that lets us write to no control group refuses these limits; that is tested too.
bool CanLimit(NodeFixture& node, const std::function<void(v1::Limits&)>& set, const char* what) {
  v1::ExecuteRequest request = node.Shell("true");
  set(*request.mutable_limits());
  const Collected got = node.Run(request);
  if (got.outcome.kind() == v1::Outcome::KIND_OK) return true;
  CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
  CHECK_THAT(got.outcome.reason(), Contains(std::string("cannot limit ") + what));
  std::cout << "not tried: " << got.outcome.reason() << "\n";
  return false;
}

}  // namespace

TEST_CASE("CPU time is counted over all processes of the tree, and named when it is used up") {
  NodeFixture node;
  v1::ExecuteRequest request =
      node.Shell("for i in 1 2; do sh -c 'while :; do :; done' & done; wait");
  request.mutable_limits()->set_cpu_ms(300);
  request.set_grace_ms(200);
  const Collected got = node.Run(request);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_LIMIT);
  CHECK(got.outcome.reason() == "CPU time of 300 ms");
  CHECK(got.outcome.usage().cpu_us() >= 300'000);
  std::cout << "CPU time of 300 ms: " << got.outcome.usage().cpu_us() / 1000 << " ms used\n";
  v1::ExecuteRequest short_one = node.Python("sum(range(1000))");
  short_one.mutable_limits()->set_cpu_ms(5000);
  CHECK(node.Run(short_one).value == "499500");
}

TEST_CASE("CPU time of children that have ended and were waited for counts") {
  NodeFixture node;
  v1::ExecuteRequest request =
      node.Shell("while :; do sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; done");
  request.mutable_limits()->set_cpu_ms(500);
  request.set_grace_ms(100);
  CHECK(node.Run(request).outcome.kind() == v1::Outcome::KIND_LIMIT);
}

TEST_CASE(
    "Memory of the whole tree is limited, and out of memory is said when the kernel says so") {
  NodeFixture node;
  if (!CanLimit(
          node, [](v1::Limits& limits) { limits.set_memory_bytes(64u << 20); }, "memory")) {
    return;
  }
  for (const v1::ExecuteRequest& eater :
       {node.Python("b = bytearray(512 << 20)\nlen(b)"),
        node.Shell("python3 -c 'b = bytearray(512 << 20)'; echo went on; exit 7")}) {
    v1::ExecuteRequest request = eater;
    request.mutable_limits()->set_memory_bytes(64u << 20);
    const Collected got = node.Run(request);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_OUT_OF_MEMORY);
    CHECK(got.outcome.reason() == "its limit of 64 MiB");
  }
  v1::ExecuteRequest small = node.Python("len(bytearray(8 << 20))");
  small.mutable_limits()->set_memory_bytes(64u << 20);
  CHECK(node.Run(small).value == "8388608");
}

TEST_CASE("A fork bomb stops at its limit of processes and takes nobody with it") {
  NodeFixture node;
  if (!CanLimit(
          node, [](v1::Limits& limits) { limits.set_processes(64); }, "processes"))
    return;
  const std::string seconds = UniqueSeconds();
  v1::ExecuteRequest request =
      node.Shell("bomb() { sleep " + seconds + " & bomb & bomb; }; bomb; wait");
  request.mutable_limits()->set_processes(64);
  request.set_grace_ms(300);
  const Collected got = node.Run(request);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_LIMIT);
  CHECK(got.outcome.reason() == "64 processes");
  CHECK(ProcessesWith("sleep " + seconds).empty());
  CHECK(node.Run(node.Python("6*7")).value == "42");
  std::cout << "fork bomb: " << got.outcome.usage().reaped() << " reaped, stopped in "
            << got.outcome.usage().stop_us() / 1000 << " ms\n";
}

TEST_CASE("A file larger than its limit is an outcome, in a shell and in Python") {
  NodeFixture node;
  const std::string file = node.folder() + "/large";
  for (const v1::ExecuteRequest& writer :
       {node.Shell("exec head -c 1000000 /dev/zero > " + file),
        node.Shell("head -c 1000000 /dev/zero > " + file + "; exit $?"),
        node.Python("open('" + file + "', 'wb').write(bytes(1000000))")}) {
    v1::ExecuteRequest request = writer;
    request.mutable_limits()->set_file_size_bytes(65536);
    const Collected got = node.Run(request);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_LIMIT);
    CHECK(got.outcome.reason() == "file size of 64 KiB");
    ::unlink(file.c_str());
  }
  // A script over 128 KiB is a file of ours, not of the user's.
  v1::ExecuteRequest script = node.Shell("echo ok #" + std::string(200'000, 'x'));
  script.mutable_limits()->set_file_size_bytes(10);
  CHECK(node.Run(script).out == "ok\n");
}

TEST_CASE("Open files are limited, and Python that runs out of them says so") {
  NodeFixture node;
  v1::ExecuteRequest request = node.Python("[open('/dev/null') for _ in range(100)]\n1");
  request.mutable_limits()->set_open_files(32);
  const Collected got = node.Run(request);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_LIMIT);
  CHECK(got.outcome.reason() == "32 open files");
  v1::ExecuteRequest shell = node.Shell("ulimit -n");
  shell.mutable_limits()->set_open_files(32);
  CHECK(node.Run(shell).out == "32\n");
}

TEST_CASE("Output is cut off at its limit exactly, and the program stopped") {
  NodeFixture node;
  for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100'000}}) {
    v1::ExecuteRequest request = node.Shell("yes");
    request.mutable_limits()->set_output_bytes(limit);
    request.set_grace_ms(200);
    const Collected got = node.Run(request);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_LIMIT);
    CHECK(got.out.size() == limit);
    CHECK(got.outcome.usage().stdout_bytes() == limit);
  }
  v1::ExecuteRequest exact = node.Shell("printf 12345; printf 67890 >&2");
  exact.mutable_limits()->set_output_bytes(10);
  const Collected got = node.Run(exact);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.out + got.err == "1234567890");
}

TEST_CASE("The daemon's own limits hold where a request asks for none, or for more") {
  NodeFixture node({"--max-time", "500ms", "--max-output", "1K", "--max-open-files", "40"});
  v1::ExecuteRequest request = node.Shell("sleep 600");
  request.set_grace_ms(100);
  CHECK(node.Run(request).outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
  v1::ExecuteRequest more = node.Shell("yes");
  more.mutable_limits()->set_output_bytes(1u << 20);
  more.set_grace_ms(100);
  CHECK(node.Run(more).out.size() == 1024);
  v1::ExecuteRequest less = node.Shell("ulimit -n");
  less.mutable_limits()->set_open_files(30);
  CHECK(node.Run(less).out == "30\n");
}

TEST_CASE("A limit of nothing is refused, and says which") {
  NodeFixture node;
  v1::ExecuteRequest request = node.Shell("true");
  request.mutable_limits()->set_processes(0);
  const Collected got = node.Run(request);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
  CHECK(got.outcome.reason() == "a limit of 0 for processes lets nothing run");
}

TEST_CASE("Without control groups memory and processes are refused by name, the rest holds") {
  NodeFixture node({"--cgroups", "no"});
  v1::ExecuteRequest memory = node.Shell("true");
  memory.mutable_limits()->set_memory_bytes(1u << 30);
  CHECK_THAT(node.Run(memory).outcome.reason(), Contains("this node cannot limit memory"));
  v1::ExecuteRequest processes = node.Python("1");
  processes.mutable_limits()->set_processes(100);
  const Collected got = node.Run(processes);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
  CHECK_THAT(got.outcome.reason(), Contains("this node cannot limit processes"));
}

TEST_CASE("Every command knows its node, its execution, how many there are and which it is") {
  NodeFixture node;
  v1::ExecuteRequest request = node.Shell("echo $MUSTER_SIZE $MUSTER_RANK $MUSTER_EXECUTION");
  request.set_size(5);
  request.set_rank(3);
  CHECK_THAT(node.Run(request).out, Catch::StartsWith("5 3 "));
  CHECK(node.Run(node.Python("import os\nos.environ['MUSTER_SIZE'], os.environ['MUSTER_RANK']"))
            .value == "('1', '0')");
}

TEST_CASE("What outlives a command stays or goes as the request says") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const auto count = [&] { return ProcessesWith("sleep " + seconds).size(); };
  v1::ExecuteRequest keep = node.Shell("sleep " + seconds + " >/dev/null 2>&1 & exit 0");
  keep.set_leftovers(v1::LEFTOVERS_KEEP);
  Collected got = node.Run(keep);
  CHECK(got.outcome.usage().left() == 1);
  CHECK(count() == 1);
  for (const pid_t pid : ProcessesWith("sleep " + seconds)) ::kill(pid, SIGKILL);
  CHECK(Eventually([&] { return count() == 0; }));
  v1::ExecuteRequest reap =
      node.Shell("setsid sleep " + seconds + " >/dev/null 2>&1 & while ! pgrep -f 'sleep " +
                 seconds + "' >/dev/null; do :; done; exit 0");
  reap.set_leftovers(v1::LEFTOVERS_REAP);
  got = node.Run(reap);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.outcome.usage().left() == 0);
  CHECK(count() == 0);
}

TEST_CASE("What the first process leaves behind does not escape the limit of processes") {
  NodeFixture node;
  if (!CanLimit(
          node, [](v1::Limits& limits) { limits.set_processes(64); }, "processes"))
    return;
  const std::string seconds = UniqueSeconds();
  v1::ExecuteRequest request = node.Shell("f() { setsid sleep " + seconds + " & f; }; f");
  request.mutable_limits()->set_processes(20);
  request.set_grace_ms(300);
  const Collected got = node.Run(request);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_LIMIT);
  CHECK(got.outcome.usage().left() == 0);
  CHECK(ProcessesWith("sleep " + seconds).empty());
}

TEST_CASE(
    "Output over its limit is never ok, also when the program has ended before it is stopped") {
  NodeFixture node;
  for (int round = 0; round < 50; ++round) {
    v1::ExecuteRequest request = node.Shell("echo aaaaaaaaaaaaaaaa");
    request.mutable_limits()->set_output_bytes(4);
    const Collected got = node.Run(request);
    CHECK(got.out == "aaaa");
    CHECK(got.outcome.kind() == v1::Outcome::KIND_LIMIT);
  }
}

TEST_CASE("CPU time of children that nobody waits for counts where there is a control group") {
  NodeFixture node;
  if (node.Run(node.Shell("grep -c muster-base /proc/self/cgroup")).out == "0\n") return;
  v1::ExecuteRequest request = node.Python(
      "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nwhile True:\n"
      "  if os.fork() == 0:\n    end = time.process_time() + 0.05\n"
      "    while time.process_time() < end: pass\n    os._exit(0)\n  time.sleep(0.1)");
  request.mutable_limits()->set_cpu_ms(500);
  request.set_grace_ms(100);
  CHECK(node.Run(request).outcome.kind() == v1::Outcome::KIND_LIMIT);
}
