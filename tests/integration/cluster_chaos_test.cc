// A process that changes a cluster is killed at a random moment. What it leaves is true, and can be
// ended without a trace.
#include <signal.h>
#include <stdlib.h>
#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "common/child_process.h"
#include "provision/cluster.h"
#include "provision/local_provider.h"
#include "provision/record_json.h"
#include "provision/state_folder.h"
#include "tests/integration/measuring.h"
#include "tests/integration/state_home.h"
#include "tests/integration/watching.h"

using muster::ChildProcess;
using muster::test::Eventually;
using muster::test::ProcessesWith;
using muster::test::StateHome;
namespace mp = muster::provision;

namespace {

// Beside this program.
std::string ActorPath() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string() + "/cluster_actor";
}

// Runs it, kills it after the time, and reaps it.
void RunAndKill(const std::vector<std::string>& arguments, std::chrono::milliseconds time) {
  ChildProcess::Options options;
  options.argv = arguments;
  auto actor = ChildProcess::Start(options);
  REQUIRE(actor.ok());
  actor->WaitUntil(std::chrono::steady_clock::now() + time);
  actor->Kill(SIGKILL);
  REQUIRE(actor->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
}

// The daemon of a node, found from outside.
bool HasDaemon(const mp::NodeRecord& node) {
  return !node.instance.id.empty() && !ProcessesWith(node.instance.id + "/clusterd.conf").empty();
}

void CheckTruth(mp::Cluster& cluster) {
  const auto recovered = cluster.Recover();
  INFO(recovered.status());
  REQUIRE(recovered.ok());
  for (const mp::NodeRecord& node : cluster.record().nodes) {
    INFO(mp::ToJson(node));
    switch (node.state) {
      case mp::NodeState::kRunning:
        CHECK(HasDaemon(node));
        break;
      case mp::NodeState::kDefined:
      case mp::NodeState::kFailed:
        CHECK_FALSE(HasDaemon(node));
        break;
      case mp::NodeState::kStarting:
        CHECK(Eventually([&] { return cluster.IsAlive(node.name) == HasDaemon(node); }));
        break;
      default:
        break;  // an intent of which both are true
    }
  }
}

}  // namespace

TEST_CASE("whatever moment the process dies at, the record is true and the end leaves nothing") {
  std::mt19937_64 random(muster::test::Seed());
  const int rounds = std::max(3, muster::test::Rounds(200));
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    const StateHome home;
    RunAndKill({ActorPath(), "chaos", "6", std::to_string(random() % 10000)},
               std::chrono::milliseconds(random() % 700));
    auto repository = mp::OpenSqliteRepository();
    REQUIRE(repository.ok());
    auto provider = mp::MakeLocalProvider({});
    REQUIRE(provider.ok());
    auto record = (*repository)->Get("chaos");
    if (record.ok()) {
      auto cluster = mp::Cluster::Of(*record, *provider, nullptr, *repository);
      CheckTruth(*cluster);
      const mp::Report stopped = cluster->Stop({}, true, false, {});
      INFO(stopped.status);
      REQUIRE(stopped.status.ok());
    }
    const auto left = (*provider)->Find(mp::OwnerName(), "");
    REQUIRE(left.ok());
    CHECK(left->empty());
    CHECK(Eventually([&] { return ProcessesWith(home.path()).empty(); }));
    CHECK(home.Entries() == 0);
  }
}

TEST_CASE("a process that is killed while it saves never loses a cluster") {
  for (const bool is_folder : {false, true}) {
    const StateHome home;
    const std::string store = home.path() + (is_folder ? "/folder" : "/store.db");
    const auto open = [&] {
      auto repository =
          is_folder ? mp::OpenFolderRepository(store) : mp::OpenSqliteRepository(store);
      REQUIRE(repository.ok());
      return *repository;
    };
    mp::ClusterRecord kept;
    kept.name = "kept";
    for (int i = 0; i < 20; ++i) {
      mp::NodeRecord node;
      node.kind = "compute";
      node.name = "compute" + std::to_string(i);
      kept.nodes.push_back(node);
    }
    REQUIRE(open()->Save(kept).ok());
    std::mt19937 random(7);
    const int rounds = std::max(3, muster::test::Rounds(200));
    for (int round = 0; round < rounds; ++round) {
      // About 1000 saves in all the rounds.
      RunAndKill({ActorPath() + "_saves", store, is_folder ? "folder" : "sqlite"},
                 std::chrono::milliseconds(5 + random() % 60));
      const auto read = open()->Get("kept");
      INFO(read.status());
      REQUIRE(read.ok());
      CHECK(read->nodes.size() == 20);
      // All of one save: none is half there.
      for (const mp::NodeRecord& node : read->nodes) {
        CHECK(node.image_id == read->nodes.front().image_id);
      }
    }
  }
}
