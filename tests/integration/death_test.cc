// kill -9 of each of our processes with something running: one outcome, and nothing left.
#include <signal.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/integration/node_fixture.h"

using Catch::Contains;
using muster::test::ChildrenWith;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

namespace {

// The parent of `pid`; 0 when there is no such process.
pid_t ParentOf(pid_t pid) {
  FILE* stat = ::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
  if (stat == nullptr) return 0;
  int parent = 0;
  if (::fscanf(stat, "%*d (%*[^)]) %*c %d", &parent) != 1) parent = 0;
  ::fclose(stat);
  return parent;
}

// The supervisor of the execution whose main process has `text` in its command line. Other
// processes of the tree have it too, with lower numbers perhaps, and a process has no command line
// while it execs: the supervisor is told by its parent, the spawner.
pid_t SupervisorOf(NodeFixture& node, const std::string& text) {
  const pid_t spawner = node.SpawnerPid();
  pid_t supervisor = 0;
  CHECK(Eventually([&] {
    for (const pid_t pid : ProcessesWith(text)) {
      const pid_t parent = ParentOf(pid);
      if (parent > 0 && ParentOf(parent) == spawner) supervisor = parent;
    }
    return supervisor != 0;
  }));
  REQUIRE(supervisor != 0);
  return supervisor;
}

// One shell tree that left its session and one Python execution, both running.
std::string Tree(const std::string& seconds) {
  return "setsid sleep " + seconds + " & echo up; exec sleep " + seconds;
}

Collected KillDuring(NodeFixture& node, const v1::ExecuteRequest& request,
                     const std::function<void()>& kill) {
  bool killed = false;
  return node.Run(request, [&](const v1::ExecuteEvent& event) {
    if (event.has_output() && !killed) {
      killed = true;
      kill();
    }
  });
}

bool NothingLeft(const std::string& seconds) {
  return Eventually([&] { return ProcessesWith(seconds).empty(); });
}

}  // namespace

TEST_CASE("A killed supervisor: lost, its tree is killed, another tree is not touched") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const std::string other = UniqueSeconds();
  const v1::ExecuteRequest bystander = node.Shell(Tree(other));
  KillDuring(node, bystander, [&] {
    CHECK(Eventually([&] { return ProcessesWith("sleep " + other).size() >= 2; }));
    const Collected got = KillDuring(node, node.Shell(Tree(seconds)), [&] {
      CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() >= 2; }));
      muster::test::Kill(SupervisorOf(node, "sleep " + seconds), SIGKILL);
    });
    CHECK(got.outcomes == 1);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_LOST);
    CHECK(NothingLeft("sleep " + seconds));
    CHECK(ProcessesWith("sleep " + other).size() >= 2);
    CHECK(node.Cancel(bystander, 0).ok());
  });
  CHECK(NothingLeft("sleep " + other));
}

TEST_CASE("A killed spawner: lost, nothing left, and the next execution works") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const pid_t spawner = node.SpawnerPid();
  const Collected got = KillDuring(node, node.Shell(Tree(seconds)), [&] {
    CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() >= 2; }));
    muster::test::Kill(spawner, SIGKILL);
  });
  CHECK(got.outcomes == 1);
  CHECK((got.outcome.kind() == v1::Outcome::KIND_LOST ||
         got.outcome.kind() == v1::Outcome::KIND_CANCELLED));
  CHECK(NothingLeft("sleep " + seconds));
  CHECK(node.Run(node.Shell("echo again")).out == "again\n");
  CHECK(node.Run(node.Python("6*7")).value == "42");
  CHECK(node.SpawnerPid() != spawner);
}

TEST_CASE("A killed zygote: what ran under it is lost, and the next Python execution works") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const Collected got = KillDuring(
      node,
      node.Python("import subprocess\nprint('up')\nsubprocess.run(['setsid', 'sleep', '" + seconds +
                  "'])"),
      [&] {
        CHECK(Eventually([&] { return !ProcessesWith("sleep " + seconds).empty(); }));
        const auto zygotes = ChildrenWith(node.SpawnerPid(), "clusterd-zygote");
        REQUIRE(zygotes.size() == 1);
        muster::test::Kill(zygotes[0], SIGKILL);
      });
  CHECK(got.outcomes == 1);
  CHECK(NothingLeft("sleep " + seconds));
  CHECK(Eventually([&] { return node.Run(node.Python("6*7")).value == "42"; }));
}

TEST_CASE("A killed worker is signalled, and the next execution works") {
  NodeFixture node({"--workers", "1"});
  const Collected got =
      node.Run(node.Python("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_SIGNALLED);
  CHECK(got.outcome.signal() == SIGKILL);
  CHECK(node.Run(node.Python("6*7")).value == "42");
}

TEST_CASE("A command that is killed from outside leaves nothing, not even in another session") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const Collected got = KillDuring(node, node.Shell(Tree(seconds)), [&] {
    CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() >= 2; }));
    const pid_t supervisor = SupervisorOf(node, "sleep " + seconds);
    // The main process is the one whose parent is the supervisor; it may be about to exec.
    std::vector<pid_t> main;
    CHECK(Eventually([&] {
      main = ChildrenWith(supervisor, "sleep " + seconds);
      return main.size() == 1;
    }));
    for (const pid_t pid : main) muster::test::Kill(pid, SIGKILL);
  });
  CHECK(got.outcome.kind() == v1::Outcome::KIND_SIGNALLED);
  CHECK(got.outcome.usage().left() == 0);
  CHECK(NothingLeft("sleep " + seconds));
}

TEST_CASE("A killed daemon leaves nothing, and a new one starts on its socket at once") {
  const std::string seconds = UniqueSeconds();
  NodeFixture node;
  const Collected got = KillDuring(node, node.Shell(Tree(seconds)), [&] {
    CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() >= 2; }));
    node.daemon().Kill(SIGKILL);
  });
  CHECK_FALSE(got.status.ok());
  CHECK(got.outcomes == 0);
  CHECK(NothingLeft(seconds));
  CHECK(Eventually([&] { return node.SpawnerPid() == 0; }));
  muster::ChildProcess::Options options;
  options.argv = {std::string(::getenv("MUSTER_BIN_DIR")) + "/clusterd", "--name", "n1", "--listen",
                  "unix:" + node.path()};
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  options.fds = {{fds[1], 1}};
  auto second = muster::ChildProcess::Start(options);
  REQUIRE(second.ok());
  char c = 0;
  CHECK(::read(fds[0], &c, 1) == 1);  // it printed that it listens
  ::close(fds[0]);
  ::close(fds[1]);
  second->Kill(SIGTERM);
  CHECK(second->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10)) == 0);
}

TEST_CASE("A second daemon on a live path exits 1 and names the first one's pid") {
  NodeFixture node;
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  muster::ChildProcess::Options options;
  options.argv = {std::string(::getenv("MUSTER_BIN_DIR")) + "/clusterd", "--listen",
                  "unix:" + node.path()};
  options.fds = {{fds[1], 2}};
  auto second = muster::ChildProcess::Start(options);
  REQUIRE(second.ok());
  ::close(fds[1]);
  std::string said(4096, '\0');
  const auto size = ::read(fds[0], said.data(), said.size());
  ::close(fds[0]);
  REQUIRE(size > 0);
  CHECK_THAT(said, Contains("process " + std::to_string(node.pid())));
  const auto status =
      second->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  REQUIRE(status.has_value());
  CHECK(WEXITSTATUS(*status) == 1);
  CHECK(node.Run(node.Shell("echo first")).out == "first\n");
}

TEST_CASE("An embedded daemon ends at its parent's end of file, and removes its folder") {
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  const std::string seconds = UniqueSeconds();
  char folder[] = "/tmp/muster-test-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/e.sock";
  muster::ChildProcess::Options options;
  options.argv = {std::string(::getenv("MUSTER_BIN_DIR")) + "/clusterd", "--listen", "unix:" + path,
                  "--parent-fd", "3"};
  int out[2];
  REQUIRE(::pipe(out) == 0);
  options.fds = {{fds[1], 3}, {out[1], 1}};
  auto daemon = muster::ChildProcess::Start(options);
  REQUIRE(daemon.ok());
  char c = 0;
  REQUIRE(::read(out[0], &c, 1) == 1);
  ::close(out[0]);
  ::close(out[1]);
  ::close(fds[1]);
  auto stub = v1::Node::NewStub(
      grpc::CreateChannel("unix:" + path, grpc::experimental::LocalCredentials(UDS)));
  grpc::ClientContext context;
  v1::ExecuteRequest request;
  request.mutable_id()->set_stream_id(std::string(16, 'x'));
  request.mutable_id()->set_sequence(1);
  request.mutable_shell()->set_source("trap '' INT TERM; echo up; sleep " + seconds);
  auto reader = stub->Execute(&context, request);
  v1::ExecuteEvent event;
  while (reader->Read(&event) && !event.has_output()) {
  }
  ::close(fds[0]);
  CHECK(daemon->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10)) == 0);
  CHECK(NothingLeft(seconds));
  CHECK(::access(folder, F_OK) != 0);
}

TEST_CASE("Spawner and supervisor killed at once: with control groups nothing is left") {
  NodeFixture node;
  v1::ExecuteRequest probe = node.Shell("grep -c muster-base /proc/self/cgroup");
  if (node.Run(probe).out == "0\n") {
    WARN("not tried: this host has no control group that we may write to");
    return;
  }
  // A spawner that lived for a second is started again at once.
  CHECK(Eventually([start = std::chrono::steady_clock::now()] {
    return std::chrono::steady_clock::now() - start > std::chrono::milliseconds(1100);
  }));
  const std::string seconds = UniqueSeconds();
  const Collected got =
      KillDuring(node,
                 node.Shell("trap '' INT TERM; setsid sh -c 'trap \"\" INT TERM; sleep " + seconds +
                            " & wait' & echo up; exec sleep " + seconds),
                 [&] {
                   CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() >= 3; }));
                   const pid_t spawner = node.SpawnerPid();
                   for (const pid_t supervisor : ChildrenWith(spawner, ""))
                     muster::test::Freeze(supervisor);
                   muster::test::Freeze(spawner);
                   for (const pid_t supervisor : ChildrenWith(spawner, ""))
                     muster::test::Kill(supervisor, SIGKILL);
                   muster::test::Kill(spawner, SIGKILL);
                 });
  CHECK(got.outcome.kind() == v1::Outcome::KIND_LOST);
  CHECK(NothingLeft("sleep " + seconds));
  CHECK(node.Run(node.Shell("echo again")).out == "again\n");
}
