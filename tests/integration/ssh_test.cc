// Nodes behind ssh addresses, with a real sshd.
#include <ClusterAPI.h>
#include <signal.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <thread>

#include "common/limits.h"
#include "tests/integration/daemon_fixture.h"
#include "tests/integration/sshd_fixture.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::DaemonFixture;
using muster::test::Eventually;
using muster::test::Folder;
using muster::test::ProcessesWith;
using muster::test::SshdFixture;

namespace {

std::string BinFolder() { return ::getenv("MUSTER_BIN_DIR"); }

// A folder, an sshd whose sessions find clusterd and its default socket in it.
struct Machine {
  Folder folder;
  std::string socket = folder.path() + "/muster/clusterd.sock";
  SshdFixture sshd;

  explicit Machine(const std::string& bin = BinFolder())
      : sshd(folder, "\"PATH=" + bin + ":/usr/bin:/bin\" XDG_RUNTIME_DIR=" + folder.path()) {
    ::setenv("MUSTER_SSH", sshd.ssh().c_str(), 1);
  }
  ~Machine() { ::unsetenv("MUSTER_SSH"); }

  ClusterAPI Connect(const std::string& address) const {
    auto cluster = ClusterAPI::connect(
        "", folder.Write("cluster.conf", "[cluster lab]\nnodes = far=" + address + "\n"));
    INFO(cluster.status().message());
    REQUIRE(cluster.ok());
    return *std::move(cluster);
  }
  std::string Words(const std::string& address) const {
    return Connect(address).execute(1, "1").wait().describe();
  }
  DaemonFixture Daemon() const {
    return DaemonFixture("", {"--name", "far"}, {"XDG_RUNTIME_DIR=" + folder.path()});
  }
  std::size_t SshCount() const { return ProcessesWith(sshd.ssh()).size(); }
};

}  // namespace

TEST_CASE("a node behind ssh is a node like any other, over one connection") {
  if (!SshdFixture::IsPossible()) {
    WARN("skipped: this machine has no /usr/sbin/sshd");
    return;
  }
  Machine machine;
  const DaemonFixture daemon = machine.Daemon();
  {
    ClusterAPI cluster = machine.Connect("ssh:node");
    CHECK(cluster.execute(1, "6*7").wait().value().text() == "42");
    const muster::ClusterCheck check = cluster.clustercheck();
    INFO(check.nodes.front().reason);
    CHECK(check);
    Call call = cluster.execute("far", muster::shell("seq 1 1000000; echo $MUSTER_NODE >&2"));
    std::size_t out = 0;
    std::string err;
    for (const muster::Event& event : call) {
      if (event.stream == muster::Event::Stream::kStdout) {
        out += event.data.size();
      } else {
        err += event.data;
      }
    }
    CHECK(out == 6888896);
    CHECK(err == "far\n");
    std::vector<Call> calls;
    for (int i = 0; i < 20; ++i) calls.push_back(cluster.execute(1, std::to_string(i)));
    for (int i = 0; i < 20; ++i) {
      CHECK(calls[static_cast<std::size_t>(i)].wait().value().text() == std::to_string(i));
    }
    CHECK(machine.SshCount() == 1);
  }
  CHECK(Eventually([&] { return machine.SshCount() == 0; }));
  CHECK(Eventually([] { return ProcessesWith("clusterd --relay").empty(); }));
  ClusterAPI explicit_path =
      machine.Connect("ssh:127.0.0.7:" + std::to_string(machine.sshd.port()) + machine.socket);
  CHECK(explicit_path.execute(1, "6*7").wait().value().text() == "42");
}

TEST_CASE("what goes wrong is told in the words of ssh") {
  if (!SshdFixture::IsPossible()) return;
  Machine machine;
  const auto begin = std::chrono::steady_clock::now();
  CHECK_THAT(machine.Words("ssh:node"),
             Contains("unreachable: cannot reach far at ssh:node: ssh exited with code") &&
                 Contains("is clusterd running on this machine?"));
  machine.sshd.ForgeKnownHost();
  CHECK_THAT(machine.Words("ssh:node"),
             Contains("ssh exited with code 255: ") && Contains("Host key verification failed."));
  machine.sshd.UseForeignKey();
  CHECK_THAT(machine.Words("ssh:node"), Contains("Permission denied (publickey)"));
  CHECK_THAT(machine.Words("ssh:no-such-host.invalid"), Contains("Could not resolve hostname"));
  machine.sshd.Stop();
  CHECK_THAT(machine.Words("ssh:node"), Contains("Connection refused"));
  const muster::ClusterCheck check = machine.Connect("ssh:node").clustercheck();
  CHECK_FALSE(check);
  CHECK_THAT(check.nodes.front().reason, Contains("Connection refused"));
  CHECK(std::chrono::steady_clock::now() - begin <
        std::chrono::duration<double>(10 * muster::test::Slack()));
  CHECK(machine.SshCount() == 0);
}

TEST_CASE("a machine without Muster says that clusterd is not there") {
  if (!SshdFixture::IsPossible()) return;
  Machine machine("/nowhere");
  CHECK_THAT(machine.Words("ssh:node"), Contains("clusterd") && Contains("not found"));
}

TEST_CASE("an ssh that dies in the middle is lost, and the next call makes a new one") {
  if (!SshdFixture::IsPossible()) return;
  Machine machine;
  const DaemonFixture daemon = machine.Daemon();
  ClusterAPI cluster = machine.Connect("ssh:node");
  Call call = cluster.execute(1, muster::shell("echo begun; sleep 1234"));
  REQUIRE(call.next().has_value());
  for (const pid_t pid : ProcessesWith(machine.sshd.ssh())) ::kill(pid, SIGKILL);
  CHECK_THAT(call.wait().describe(),
             Contains("lost: far broke the connection") && Contains("ssh was killed by SIGKILL"));
  CHECK(cluster.execute(1, "6*7").wait().value().text() == "42");
}

TEST_CASE(
    "more than a hundred at once behind ssh take a second one, which goes when they have ended") {
  if (!SshdFixture::IsPossible()) return;
  constexpr int kCount = 150;
  Machine machine;
  const DaemonFixture daemon = machine.Daemon();
  ClusterAPI cluster = machine.Connect("ssh:node");
  std::vector<Call> calls;
  for (int i = 0; i < kCount; ++i) {
    calls.push_back(cluster.execute(1, muster::argv({"sleep", "1234"})));
  }
  CHECK(Eventually([&] { return cluster.clustercheck().nodes.front().running == kCount; },
                   std::chrono::seconds(20)));
  CHECK(machine.SshCount() == 2);
  for (Call& call : calls) call.cancel();
  for (Call& call : calls) CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK(Eventually([&] { return machine.SshCount() == 1; }, std::chrono::seconds(12)));
  CHECK(cluster.execute(1, "6*7").wait().value().text() == "42");
}

TEST_CASE("an ssh that never gets through is given up after 5 s") {
  if (!SshdFixture::IsPossible()) return;
  Machine machine;
  const std::string silent = machine.folder.Write("silent", "#!/bin/sh\nexec sleep 3600\n", 0755);
  ::setenv("MUSTER_SSH", silent.c_str(), 1);
  ClusterAPI cluster = machine.Connect("ssh:node");
  const auto begin = std::chrono::steady_clock::now();
  const muster::ClusterCheck check = cluster.clustercheck();
  CHECK(std::chrono::steady_clock::now() - begin <
        std::chrono::duration<double>(2 * muster::test::Slack()));
  CHECK_THAT(check.nodes.front().reason, Contains("ssh is still trying"));
  CHECK_THAT(
      cluster.execute(1, "1").wait().describe(),
      Contains("unreachable: cannot reach far at ssh:node: no answer within " +
               std::to_string(muster::kConnectTimeout.count()) + " ms; ssh was still trying"));
  CHECK(std::chrono::steady_clock::now() - begin <
        std::chrono::duration<double>(8 * muster::test::Slack()));
}
