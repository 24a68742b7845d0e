// What a user of the library may say for nodes, on three daemons and one that is not there.
#include <ClusterAPI.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::Node;
using muster::Outcome;
using muster::StatusCode;
using muster::test::ClusterFixture;
using muster::test::Eventually;

namespace {

// Tags and groups beside the nodes of the fixture.
ClusterAPI Connect(const ClusterFixture& fixture) {
  const std::string sockets = fixture.folder().path();
  const std::string configuration = fixture.folder().Write(
      "lab.conf", "[cluster lab]\nnodes = n1=unix:" + sockets + "/n1.sock, n2=unix:" + sockets +
                      "/n2.sock, n3=unix:" + sockets + "/n3.sock, gone=unix:" + sockets +
                      "/gone.sock\n[node n[1-2]]\ntags = env:prod\n[groups]\nodd = 1,3\n");
  auto cluster = ClusterAPI::connect("lab", configuration);
  INFO(cluster.status().message());
  REQUIRE(cluster.ok());
  return *std::move(cluster);
}

std::string Names(const ClusterAPI& cluster, const std::string& target) {
  const auto nodes = cluster.nodes(target);
  INFO(target << ": " << nodes.status().message());
  REQUIRE(nodes.ok());
  std::vector<std::string> names;
  for (const Node& node : *nodes) names.push_back(node.name);
  return muster::fold(names);
}

}  // namespace

TEST_CASE("a target means nodes by index, name, tag, group, and by what the nodes say") {
  const ClusterFixture fixture(3);
  const ClusterAPI cluster = Connect(fixture);
  CHECK(Names(cluster, "*") == "gone,n[1-3]");
  CHECK(Names(cluster, "n*,!n2") == "n[1,3]");
  CHECK(Names(cluster, "tags=env:prod") == "n[1-2]");
  CHECK(Names(cluster, "@odd&tags=env:*") == "n1");
  CHECK(Names(cluster, "cluster=lab!state=down") == "n[1-3]");
  CHECK(Names(cluster, "n[1-3]&cores>=1&memory>1M&load<100000&python>=3&os=*&ip=*") == "n[1-3]");
  const auto nodes = cluster.nodes(2);
  REQUIRE(nodes.ok());
  CHECK(nodes->front().name == "n2");
  CHECK(nodes->front().cluster == "lab");
  CHECK(nodes->front().tags == std::vector<std::string>{"env:prod"});
  const auto groups = cluster.groups();
  REQUIRE(groups.ok());
  REQUIRE(groups->size() == 1);
  CHECK(groups->front().target == "1,3");

  for (const auto& [target, code, words] :
       std::vector<std::tuple<std::string, StatusCode, std::string>>{
           {"n9", StatusCode::kNotFound, "'n9' names no node"},
           {"", StatusCode::kInvalidArgument, "expected an index"},
           {"n1&n2", StatusCode::kNotFound, "no node is left"},
           {"@even", StatusCode::kNotFound, "there are odd"},
           {"colour=red", StatusCode::kInvalidArgument, "there are address, cluster, cores, ip"},
           {"cores>0", StatusCode::kUnavailable, "gone does not tell its cores ("}}) {
    const auto found = cluster.nodes(target);
    INFO(target << ": " << found.status().message());
    CHECK(found.status().code() == code);
    CHECK_THAT(found.status().message(), Contains(words));
  }
}

TEST_CASE("a command goes to all nodes of a target, and to one only where one is meant") {
  const ClusterFixture fixture(3);
  ClusterAPI cluster = Connect(fixture);
  const muster::Command who = muster::shell("echo $MUSTER_NODE $MUSTER_RANK of $MUSTER_SIZE");
  std::vector<Call> calls = cluster.execute_all("n[1-3],!n2", who);
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].next()->data == "n1 0 of 2\n");
  CHECK(calls[1].next()->data == "n3 1 of 2\n");
  for (Call& call : calls) CHECK(call.wait().ok());

  // Of several targets each has its own nodes.
  calls = cluster.execute({3, "@odd", "n2"}, who);
  REQUIRE(calls.size() == 4);
  CHECK(calls[2].next()->data == "n3 2 of 4\n");
  CHECK(calls[3].next()->data == "n2 3 of 4\n");
  for (Call& call : calls) CHECK(call.wait().ok());

  // Where one of them is wrong nothing runs.
  calls = cluster.execute({"n[1-2]", "n9", 3}, muster::shell("touch ran"));
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].wait().kind == Outcome::Kind::kSkipped);
  CHECK(calls[1].wait().kind == Outcome::Kind::kSkipped);
  CHECK(calls[2].wait().describe() ==
        "refused: target 'n9': 'n9' names no node; valid here: 1-4, gone,n[1-3] or *");
  CHECK(calls[3].wait().kind == Outcome::Kind::kSkipped);
  calls = cluster.execute_all("state=draining", who);
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].wait().kind == Outcome::Kind::kRefused);

  Call one = cluster.execute("tags=env:*!n1", who);
  CHECK(one.next()->data == "n2 0 of 1\n");
  CHECK(one.wait().ok());
  const Outcome several = cluster.execute("n*", who).wait();
  CHECK(several.describe() ==
        "refused: the target 'n*' means 3 nodes, n[1-3], where one is needed; execute_all(), or a "
        "list of targets, takes several");
  CHECK(cluster.interact("n*", who).wait().kind == Outcome::Kind::kRefused);
  CHECK(cluster.interact("@odd!1", who).wait().ok());
  CHECK(cluster.cancel("n*", "00000000000000000000000000000001-1").code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("a node that dies is down, and a target for those that run leaves it out") {
  const ClusterFixture fixture(3);
  const ClusterAPI cluster = Connect(fixture);
  CHECK(Names(cluster, "state=running") == "n[1-3]");
  REQUIRE(::kill(fixture.pid(2), SIGKILL) == 0);
  CHECK(Eventually([&] {
    const auto nodes = cluster.nodes("state=running");
    return nodes.ok() && nodes->size() == 2;
  }));
  CHECK(Names(cluster, "n*&state=down") == "n2");
  CHECK(Names(cluster, "state=running&cores>0") == "n[1,3]");
}
