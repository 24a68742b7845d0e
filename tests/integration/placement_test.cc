// What a user of the library sees of slots: options, check, a map over nodes that differ, and a
// daemon that does not know them.
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "tests/integration/daemon_fixture.h"
#include "tests/integration/lane_node.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::ClusterAPI;
using muster::ExecuteOptions;
using muster::Outcome;
using muster::test::DaemonFixture;
using muster::test::Eventually;
using muster::test::Folder;
using muster::test::LaneNode;

namespace {

// Nodes n1… with the slots that they are given.
class Nodes {
 public:
  explicit Nodes(const std::vector<std::string>& slots) {
    std::string list;
    for (const std::string& own : slots) {
      const std::string name = "n" + std::to_string(daemons_.size() + 1);
      const std::string socket = folder_.path() + "/" + name + ".sock";
      list += (list.empty() ? "" : ", ") + name + "=unix:" + socket;
      daemons_.push_back(std::make_unique<DaemonFixture>(
          socket, std::vector<std::string>{"--name", name, "--slots", own}));
    }
    const std::string file = folder_.Write("cluster.conf", "[cluster x]\nnodes = " + list + "\n");
    cluster_ = std::make_unique<ClusterAPI>(*ClusterAPI::connect("x", file));
  }
  ~Nodes() { cluster_.reset(); }
  ClusterAPI& cluster() { return *cluster_; }

 private:
  Folder folder_;
  std::vector<std::unique_ptr<DaemonFixture>> daemons_;
  std::unique_ptr<ClusterAPI> cluster_;
};

ExecuteOptions With(const std::string& name, std::uint64_t count) {
  ExecuteOptions options;
  options.resources[name] = count;
  return options;
}

std::vector<muster::Item> Numbers(int count) {
  std::vector<muster::Item> items;
  for (int i = 0; i < count; ++i) items.emplace_back(i);
  return items;
}

}  // namespace

TEST_CASE("A command holds what its options ask for, Python in a process of its own") {
  Nodes nodes({"gpu=GPU-a|GPU-b"});
  const Outcome told =
      nodes.cluster().execute(1, "import os; os.environ['MUSTER_SLOT_GPU']", With("gpu", 2)).wait();
  CHECK(told.value().text() == "'GPU-a,GPU-b'");
  const muster::NodeCheck check = nodes.cluster().clustercheck().nodes[0];
  REQUIRE(check.slots.size() == 3);
  CHECK(check.slots[1].name == "gpu");
  CHECK(check.slots[1].total == 2);
  CHECK(check.slots[1].free == 2);
  const Outcome refused = nodes.cluster().execute(1, muster::shell("true"), With("gpu", 3)).wait();
  CHECK(refused.kind == Outcome::Kind::kRefused);
  CHECK(refused.reason == "this node has 2 gpu, 3 were asked");
}

TEST_CASE("A map passes over the nodes that have not what its items ask for") {
  Nodes nodes({"license=1", "gpu=2", "gpu=1"});
  muster::MapOptions options;
  options.each = With("gpu", 2);
  int done = 0;
  for (const muster::MapResult& result : nodes.cluster().map("{} + 1", Numbers(30), options)) {
    CHECK(result.outcome.ok());
    CHECK(result.outcome.node == "n2");
    ++done;
  }
  CHECK(done == 30);
}

TEST_CASE("When no node has what the items of a map ask for, each is told what the nodes have") {
  Nodes nodes({"license=1", "gpu=1"});
  muster::MapOptions options;
  options.each = With("gpu", 2);
  int told = 0;
  int done = 0;
  for (const muster::MapResult& result : nodes.cluster().map("{} + 1", Numbers(6), options)) {
    CHECK(result.outcome.kind == Outcome::Kind::kRefused);
    const std::string& why = result.outcome.reason;
    if (why.find("n1: this node has no gpu") != std::string::npos &&
        why.find("n2: this node has 1 gpu, 2 were asked") != std::string::npos) {
      ++told;
    }
    ++done;
  }
  CHECK(done == 6);
  CHECK(told > 0);
}

TEST_CASE("A daemon that knows no resources is sent nothing that asks for them") {
  LaneNode node([](int, const auto&, auto*, auto*) { return grpc::Status::OK; });
  const Outcome outcome = node.cluster().execute(1, muster::shell("true"), With("gpu", 1)).wait();
  CHECK(outcome.kind == Outcome::Kind::kRefused);
  CHECK_THAT(outcome.reason, Contains("knows no resources"));
  CHECK(node.executions == 0);
}
