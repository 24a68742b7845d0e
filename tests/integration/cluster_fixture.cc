#include "tests/integration/cluster_fixture.h"

#include <signal.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

namespace muster::test {

ClusterFixture::ClusterFixture(int nodes, std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), variable_("MUSTER_TRIAL=" + UniqueSeconds()) {
  std::string list;
  for (int node = 1; node <= nodes; ++node) {
    const std::string name = "n" + std::to_string(node);
    list += (node == 1 ? "" : ", ") + name + "=unix:" + folder_.path() + "/" + name + ".sock";
    daemons_.push_back(Start(node));
  }
  configuration_ = folder_.Write("cluster.conf", "[cluster trial]\nnodes = " + list + "\n");
  cluster_ = std::make_unique<ClusterAPI>(Connect());
}

ClusterFixture::~ClusterFixture() { EndsCleanly(); }

std::unique_ptr<DaemonFixture> ClusterFixture::Start(int node) const {
  const std::string name = "n" + std::to_string(node);
  std::vector<std::string> arguments = {"--name", name};
  arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
  return std::make_unique<DaemonFixture>(folder_.path() + "/" + name + ".sock", arguments,
                                         std::vector<std::string>{variable_});
}

ClusterAPI ClusterFixture::Connect() const {
  auto connected = ClusterAPI::connect("trial", configuration_);
  if (!connected.ok()) {
    std::cerr << connected.status().message() << std::endl;
    std::abort();  // any thread may be here, and Catch's assertions are for one
  }
  return *std::move(connected);
}

void ClusterFixture::Kill(int node) {
  ChildProcess& process = daemons_[Place(node)]->process();
  process.Kill(SIGKILL);
  REQUIRE(process.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10)));
}

void ClusterFixture::Restart(int node) {
  Kill(node);
  daemons_[Place(node)] = Start(node);
}

bool ClusterFixture::EndsCleanly() {
  cluster_.reset();
  daemons_.clear();
  if (Eventually([&] { return ProcessesWithVariable(variable_).empty(); })) return true;
  std::cout << "left:\n" << Commands(ProcessesWithVariable(variable_)) << std::flush;
  return false;
}

}  // namespace muster::test
