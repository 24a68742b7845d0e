#include "provision/ssh_places.h"

#include <catch2/catch.hpp>

using muster::provision::ClusterRecord;
using muster::provision::NodeRecord;
using muster::provision::SshPlaces;
using muster::provision::StartOrder;

namespace {

ClusterRecord ClusterOf(int count, const std::string& name = "lab") {
  ClusterRecord cluster;
  cluster.name = name;
  cluster.owner = "ann";
  for (int i = 1; i <= count; ++i) {
    NodeRecord node;
    node.name = "n" + std::to_string(i);
    node.label = "ann/" + name + "/" + node.name + "/" + std::to_string(i);
    cluster.nodes.push_back(node);
  }
  return cluster;
}

std::string Take(SshPlaces& places, const ClusterRecord& cluster, int node,
                 const std::set<std::string>& without = {}) {
  StartOrder order;
  order.cluster = &cluster;
  order.node = cluster.nodes[static_cast<std::size_t>(node - 1)];
  return places.Take(order, without).value_or("none");
}

}  // namespace

TEST_CASE("each node has a host of its own, the first the first") {
  SshPlaces places({"a", "b", "c"});
  const ClusterRecord cluster = ClusterOf(4);
  CHECK(Take(places, cluster, 2) == "b");
  CHECK(Take(places, cluster, 1) == "a");
  CHECK(Take(places, cluster, 4) == "c");
  CHECK(Take(places, cluster, 3) == "none");
  places.Free(cluster.nodes[0].label);
  CHECK(Take(places, cluster, 3) == "a");
}

TEST_CASE("a host that is listed twice has two places") {
  SshPlaces places({"a", "a"});
  const ClusterRecord cluster = ClusterOf(3);
  CHECK(Take(places, cluster, 1) == "a");
  CHECK(Take(places, cluster, 2) == "a");
  CHECK(Take(places, cluster, 3) == "none");
}

TEST_CASE("what the record tells is taken, also for a provider that was made again") {
  SshPlaces places({"a", "b"});
  ClusterRecord cluster = ClusterOf(3);
  cluster.nodes[2].instance.id = "a/i-3";
  cluster.nodes[2].instance.facts["host"] = "a";
  CHECK(Take(places, cluster, 1) == "b");
  CHECK(Take(places, cluster, 2) == "none");
}

TEST_CASE("clusters do not take each other's places") {
  SshPlaces places({"a"});
  CHECK(Take(places, ClusterOf(1, "one"), 1) == "a");
  CHECK(Take(places, ClusterOf(1, "two"), 1) == "a");
}

TEST_CASE("a host that does not answer is left out") {
  SshPlaces places({"a", "b"});
  const ClusterRecord cluster = ClusterOf(1);
  CHECK(Take(places, cluster, 1, {"a"}) == "b");
  CHECK(Take(places, cluster, 1, {"a", "b"}) == "none");
}
