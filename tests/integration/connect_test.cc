// connect(): configuration files, names, default sockets; daemons that stop and come back.
#include <ClusterAPI.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <memory>

#include "tests/integration/daemon_fixture.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::DaemonFixture;
using muster::test::Folder;

namespace {

ClusterAPI Connect(const std::string& file, const std::string& cluster = "") {
  auto connected = ClusterAPI::connect(cluster, file);
  INFO(connected.status().message());
  REQUIRE(connected.ok());
  return *std::move(connected);
}

}  // namespace

TEST_CASE("the cluster of a configuration file is reached by index and by name") {
  const Folder folder;
  const std::string a = folder.path() + "/a.sock";
  const std::string b = folder.path() + "/with a space.sock";
  const DaemonFixture first(a, {"--name", "n1"});
  const DaemonFixture second(b, {"--name", "n2"});
  const std::string file =
      folder.Write("cluster.conf", "[cluster lab]\nnodes = n1=unix:" + a + ",\n  n2=unix:" + b +
                                       "\n[cluster one]\nnodes = n2=unix:" + b + "\n");
  ClusterAPI lab = Connect(file, "lab");
  CHECK(lab.getClusterLength() == 2);
  CHECK(lab.clustercheck());
  CHECK(lab.execute(2, "import os; os.environ['MUSTER_NODE']").wait().value().text() == "'n2'");
  CHECK(Connect(file, "one").execute("n2", "1+1").wait().value().text() == "2");
  ::setenv("MUSTER_CONFIG", file.c_str(), 1);
  CHECK(ClusterAPI::connect("lab").ok());
  CHECK_THAT(ClusterAPI::connect().status().message(), Contains("several clusters"));
  CHECK(ClusterAPI::connect("other").status().code() == muster::StatusCode::kNotFound);
  ::unsetenv("MUSTER_CONFIG");
}

TEST_CASE("a daemon started under another name refuses, and says its own") {
  const Folder folder;
  const std::string path = folder.path() + "/a.sock";
  const DaemonFixture daemon(path, {"--name", "n1"});
  ClusterAPI cluster =
      Connect(folder.Write("cluster.conf", "[cluster lab]\nnodes = n7=unix:" + path + "\n"));
  const Outcome outcome = cluster.execute("n7", "1").wait();
  CHECK(outcome.kind == Outcome::Kind::kRefused);
  CHECK_THAT(outcome.reason, Contains("n1"));
  const muster::ClusterCheck check = cluster.clustercheck();
  CHECK_FALSE(check);
  CHECK_THAT(check.nodes[0].reason, Contains("this is n1, not n7"));
}

TEST_CASE("a malformed configuration is an error with file and line") {
  const Folder folder;
  const std::string file = folder.Write("cluster.conf", "[cluster lab]\nnodez = x\n");
  const auto connected = ClusterAPI::connect("", file);
  CHECK(connected.status().code() == muster::StatusCode::kInvalidArgument);
  CHECK_THAT(connected.status().message(), Contains(file + ":2: no key \"nodez\""));
  CHECK(ClusterAPI::connect("", folder.path() + "/none").status().code() ==
        muster::StatusCode::kNotFound);
}

TEST_CASE("without a configuration the user's own daemon is the cluster") {
  const Folder folder;
  ::setenv("XDG_RUNTIME_DIR", folder.path().c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
  ::unsetenv("MUSTER_CONFIG");
  const DaemonFixture daemon("", {});
  ClusterAPI cluster = Connect("");
  CHECK(cluster.getClusterLength() == 1);
  CHECK(cluster.nodes().front().address == "unix:" + folder.path() + "/muster/clusterd.sock");
  CHECK(cluster.execute(1, "1+1").wait().value().text() == "2");
  ::unsetenv("XDG_RUNTIME_DIR");
}

TEST_CASE("without a configuration a daemon of any name is right") {
  const Folder folder;
  ::setenv("XDG_RUNTIME_DIR", folder.path().c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
  const DaemonFixture daemon("", {"--name", "its-own"});
  CHECK(Connect("").execute(1, "1+1").wait().value().text() == "2");
  ::unsetenv("XDG_RUNTIME_DIR");
}

TEST_CASE("a daemon that stopped is unreachable, one that came back is used again") {
  const Folder folder;
  const std::string path = folder.path() + "/a.sock";
  ClusterAPI cluster =
      Connect(folder.Write("cluster.conf", "[cluster lab]\nnodes = n1=unix:" + path + "\n"));
  CHECK_THAT(cluster.execute(1, "1").wait().describe(),
             Contains("unreachable: cannot reach n1 at unix:" + path));
  for (int round = 0; round < 3; ++round) {
    DaemonFixture daemon(path, {"--name", "n1"});
    CHECK(cluster.execute(1, "1+1").wait().value().text() == "2");
    CHECK(cluster.clustercheck());
    daemon.process().Kill(round == 0 ? SIGTERM : SIGKILL);
    daemon.process().WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10));
    CHECK(cluster.execute(1, "1+1").wait().kind == Outcome::Kind::kUnreachable);
    CHECK_FALSE(cluster.clustercheck());
  }
}

TEST_CASE("a frozen daemon does not hold up the check or the call") {
  const Folder folder;
  const std::string path = folder.path() + "/a.sock";
  DaemonFixture daemon(path, {"--name", "n1"});
  ClusterAPI cluster =
      Connect(folder.Write("cluster.conf", "[cluster lab]\nnodes = n1=unix:" + path + "\n"));
  muster::test::Freeze(daemon.process().pid());
  const auto begin = std::chrono::steady_clock::now();
  const muster::ClusterCheck check = cluster.clustercheck();
  CHECK(std::chrono::steady_clock::now() - begin <
        std::chrono::duration<double>(2 * muster::test::Slack()));
  CHECK_FALSE(check);
  CHECK_THAT(check.nodes.front().reason, Contains("no answer"));
  CHECK(cluster.execute(1, "1").wait().kind == Outcome::Kind::kUnreachable);
  CHECK(std::chrono::steady_clock::now() - begin <
        std::chrono::duration<double>(7 * muster::test::Slack()));
  daemon.process().Kill(SIGCONT);
  CHECK(cluster.execute(1, "1+1").wait().value().text() == "2");
}
