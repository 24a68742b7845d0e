// What a command leaves behind: what goes on writing, what goes on living; and helpers of ours that
// somebody stopped.
#include <signal.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <string>

#include "tests/integration/node_fixture.h"

using muster::test::ChildrenWith;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::Slack;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

namespace {

void KillAll(const std::string& text) {
  for (const pid_t pid : ProcessesWith(text)) muster::test::Kill(pid, SIGKILL);
}

}  // namespace

TEST_CASE("What goes on writing after a command has ended keeps nobody waiting") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const Collected got = node.Run(node.Shell("setsid sh -c 'while :; do echo " + seconds +
                                            "; sleep 0.1; done' & echo first; exit 3"));
  CHECK(got.outcome.exit_code() == 3);
  CHECK(got.outcome.usage().left() >= 1);
  CHECK(got.out.find("first\n") != std::string::npos);
  CHECK(got.took < std::chrono::milliseconds(2300) * Slack());
  std::cout << "outcome " << got.took.count() << " ms after the start\n";
  KillAll("echo " + seconds);
}

TEST_CASE("A supervisor that its own command stopped goes on at the deadline") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  for (v1::ExecuteRequest request :
       {node.Shell("kill -STOP $PPID; sleep " + seconds),
        node.Python("import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\n"
                    "time.sleep(1000)")}) {
    request.set_deadline_ms(1000);
    request.set_grace_ms(300);
    const Collected got = node.Run(request);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
    CHECK(got.took < std::chrono::milliseconds(4000) * Slack());
    CHECK(ProcessesWith("sleep " + seconds).empty());
  }
}

TEST_CASE("A spawner that somebody stopped goes on when it is needed") {
  NodeFixture node;
  muster::test::Freeze(node.SpawnerPid());
  const Collected got = node.Run(node.Shell("echo here"));
  CHECK(got.out == "here\n");
  CHECK(got.took < std::chrono::milliseconds(2500) * Slack());
}

TEST_CASE("A service that was left lives, whatever happens to the next command's supervisor") {
  NodeFixture node;
  if (node.Run(node.Shell("grep -c muster-base /proc/self/cgroup")).out == "0\n") {
    WARN("not tried: this host has no control group that we may write to");
    return;
  }
  const std::string seconds = UniqueSeconds();
  // It makes a session of its own after its command has ended.
  CHECK(node.Run(node.Shell("setsid sh -c 'sleep 0.5; setsid sleep " + seconds +
                            " & exit 0' >/dev/null 2>&1 & exit 0"))
            .outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() == 1; }));
  CHECK(node.Run(node.Shell("kill -KILL $PPID; sleep 60")).outcome.kind() ==
        v1::Outcome::KIND_LOST);
  CHECK(node.Run(node.Shell("true")).outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(ProcessesWith("sleep " + seconds).size() == 1);
  KillAll("sleep " + seconds);
}

TEST_CASE(
    "A supervisor that its own command stopped ends with the daemon, in a shell and in Python") {
  for (const bool python : {false, true}) {
    const std::string seconds = UniqueSeconds();
    {
      NodeFixture node;
      grpc::ClientContext context;
      const std::string shell = "kill -STOP $PPID; echo up; exec sleep " + seconds;
      const v1::ExecuteRequest request =
          python ? node.Python(
                       "import os, signal, subprocess\n"
                       "os.kill(os.getppid(), signal.SIGSTOP)\nprint('up')\n"
                       "subprocess.run(['sleep', '" +
                       seconds + "'])")
                 : node.Shell(shell);
      node.Run(
          request,
          [&](const v1::ExecuteEvent& event) {
            if (!event.has_output()) return;
            CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() == 1; }));
            node.daemon().Kill(SIGKILL);
          },
          &context);
    }
    CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
  }
}

TEST_CASE("A stopped supervisor ends with the zygote that it came from") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const Collected got =
      node.Run(node.Python("import os, signal, subprocess\nos.kill(os.getppid(), signal.SIGSTOP)\n"
                           "print('up')\nsubprocess.run(['sleep', '" +
                           seconds + "'])"),
               [&](const v1::ExecuteEvent& event) {
                 if (!event.has_output()) return;
                 CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() == 1; }));
                 for (const pid_t zygote : ChildrenWith(node.SpawnerPid(), "clusterd-zygote")) {
                   muster::test::Kill(zygote, SIGKILL);
                 }
               });
  CHECK(got.outcomes == 1);
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
}

TEST_CASE("A stopped zygote ends with the spawner that it came from") {
  NodeFixture node;
  REQUIRE(node.Run(node.Python("6*7")).value == "42");
  const auto zygotes = ChildrenWith(node.SpawnerPid(), "clusterd-zygote");
  REQUIRE(zygotes.size() == 1);
  muster::test::Freeze(zygotes[0]);
  muster::test::Kill(node.SpawnerPid(), SIGKILL);
  CHECK(Eventually([&] { return ::kill(zygotes[0], 0) != 0; }));
}

TEST_CASE("A service that was left goes on when the daemon ends in order") {
  for (const char* groups : {"auto", "no"}) {
    for (const bool python : {false, true}) {
      CAPTURE(groups, python);
      const std::string seconds = UniqueSeconds();
      {
        NodeFixture node({"--cgroups", groups});
        const Collected got = node.Run(
            python ? node.Python("import subprocess\nsubprocess.Popen(['setsid', 'sleep', '" +
                                 seconds + "'])\n5")
                   : node.Shell("setsid sleep " + seconds + " > /dev/null 2>&1 & exit 0"));
        CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
        CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() == 1; }));
      }
      CHECK(ProcessesWith("sleep " + seconds).size() == 1);
      KillAll("sleep " + seconds);
    }
  }
}
