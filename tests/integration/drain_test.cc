// A daemon that is told to end while clients go on sending: what it did not start is never called
// lost, and what is said not to have run left no mark.
#include <ClusterAPI.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::ClusterFixture;

namespace {

struct Ended {
  Outcome outcome;
  std::string mark;  // a file that the command makes first
};

// Nobody was killed, so the daemon said of each whether it took it.
bool IsTruthful(Outcome::Kind kind, bool ran) {
  switch (kind) {
    case Outcome::Kind::kOk:
      return ran;
    case Outcome::Kind::kCancelled:
      return true;
    case Outcome::Kind::kRefused:
    case Outcome::Kind::kUnreachable:
      return !ran;
    default:
      return false;
  }
}

// Sends one command after the other, `ahead` at a time, until one was
// unreachable three times.
void SendUntilTheEnd(ClusterAPI& cluster, const std::string& marks, int ahead,
                     std::vector<Ended>& ended) {
  int number = 0;
  for (int denied = 0; denied < 3;) {
    std::vector<std::pair<Call, std::string>> calls;
    for (int i = 0; i < ahead; ++i) {
      const std::string mark = marks + "-" + std::to_string(number++);
      calls.emplace_back(cluster.execute(1, muster::shell(": > " + mark)), mark);
    }
    bool any = false;
    for (auto& [call, mark] : calls) {
      const Outcome outcome = call.wait();
      any = any || outcome.kind == Outcome::Kind::kUnreachable;
      ended.push_back({outcome, mark});
    }
    denied += any ? 1 : 0;
  }
}

}  // namespace

TEST_CASE("what a daemon that ends did not start is not lost, and has not run") {
  const int rounds = muster::test::Rounds(200);
  std::map<std::string, int> kinds;
  for (int round = 0; round < rounds; ++round) {
    ClusterFixture node(1, {"--max-running", "4"});
    constexpr int kClients = 4;
    std::vector<std::vector<Ended>> ended(kClients);
    std::vector<ClusterAPI> clusters;
    for (int i = 0; i < kClients; ++i) clusters.push_back(node.Connect());
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) {
      const std::string marks = node.folder().path() + "/mark-" + std::to_string(i);
      const auto place = static_cast<std::size_t>(i);
      threads.emplace_back([&, marks, i, place] {
        SendUntilTheEnd(clusters[place], marks, 1 + i * 3, ended[place]);
      });
    }
    // In the middle of it: after some of the first client's have run.
    const std::string some = node.folder().path() + "/mark-0-" + std::to_string(1 + round % 10);
    CHECK(muster::test::Eventually([&] { return std::filesystem::exists(some); }));
    ::kill(node.pid(1), SIGTERM);
    for (std::thread& thread : threads) thread.join();
    for (const auto& of_client : ended) {
      for (const Ended& each : of_client) {
        const bool ran = std::filesystem::exists(each.mark);
        INFO(each.outcome.describe() << (ran ? ", and it ran" : ", and it did not run"));
        CHECK(IsTruthful(each.outcome.kind, ran));
        ++kinds[muster::word(each.outcome.kind) + std::string(ran ? "+ran" : "")];
      }
    }
  }
  std::cout << rounds << " daemons ended:";
  for (const auto& [kind, count] : kinds) std::cout << " " << kind << " " << count;
  std::cout << std::endl;
  CHECK(kinds["ok+ran"] > 0);
  CHECK(kinds["refused"] + kinds["unreachable"] > 0);
}
