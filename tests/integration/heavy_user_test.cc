// Honest users who bring a busy daemon as much as they can: none of them is taken for a flood.
#include <ClusterAPI.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <iostream>
#include <thread>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/daemon_log.h"
#include "tests/integration/measuring.h"
#include "tests/integration/raw_http2.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::ChildProcess;
using muster::ClusterAPI;
using muster::test::ClusterFixture;
using muster::test::DaemonLog;
using std::chrono::seconds;
namespace http2 = muster::test::http2;
using Clock = std::chrono::steady_clock;

namespace {

constexpr seconds kTime{5};
constexpr int kThreads = 4;

// Three programs per processor that want all of it.
class BusyMachine {
 public:
  BusyMachine() {
    for (unsigned i = 0; i < 3 * std::max(1u, std::thread::hardware_concurrency()); ++i) {
      ChildProcess::Options options;
      options.argv = {"/bin/sh", "-c", "while :; do :; done"};
      auto started = ChildProcess::Start(options);
      REQUIRE(started.ok());
      loops_.push_back(std::move(*started));
    }
  }
  ~BusyMachine() {
    for (ChildProcess& loop : loops_) loop.Kill(SIGKILL);
    for (ChildProcess& loop : loops_) loop.WaitUntil(Clock::now() + seconds(10));
  }

 private:
  std::vector<ChildProcess> loops_;
};

struct Done {
  int well = 0;
  std::string wrong;
};

// Keeps `at_once` of these under way for kTime, then waits for the last.
Done Keep(ClusterAPI& cluster, std::size_t at_once, const std::string& source) {
  Done done;
  std::deque<Call> calls;
  const auto end = Clock::now() + kTime;
  while (Clock::now() < end || !calls.empty()) {
    while (Clock::now() < end && calls.size() < at_once) {
      calls.push_back(cluster.execute(1, muster::shell(source)));
    }
    const muster::Outcome outcome = calls.front().wait();
    if (outcome.ok()) {
      ++done.well;
    } else if (done.wrong.empty()) {
      done.wrong = outcome.describe();
    }
    calls.pop_front();
  }
  return done;
}

// From kThreads threads, all on one handle.
void KeepAll(ClusterAPI& cluster, const std::string& what, std::size_t at_once,
             const std::string& source) {
  std::vector<Done> done(kThreads);
  std::vector<std::thread> threads;
  for (Done& each : done) threads.emplace_back([&] { each = Keep(cluster, at_once, source); });
  for (std::thread& thread : threads) thread.join();
  int well = 0;
  for (const Done& each : done) {
    CHECK(each.wrong == "");
    CHECK(each.well > 0);
    well += each.well;
  }
  std::cout << what << ": " << well << " executions" << std::endl;
}

// 3 MiB that take a shell no time.
std::string Bulk() { return "exit # " + std::string((3u << 20) - 100, 'x'); }

}  // namespace

TEST_CASE("Who keeps 256 executions under way is not cut") {
  DaemonLog log;
  ClusterFixture node(1);
  log.Restore();
  const BusyMachine busy;
  KeepAll(node.cluster(), "256 under way", 256 / kThreads, "exit");
  CHECK(log.Count("cut a connection") == 0);
}

TEST_CASE("Who asks from many threads is not cut") {
  DaemonLog log;
  ClusterFixture node(1);
  log.Restore();
  const BusyMachine busy;
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (const auto end = Clock::now() + kTime; Clock::now() < end;) {
        ++(node.cluster().clustercheck() ? answered : failed);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::cout << kThreads << " threads: " << answered << " checks" << std::endl;
  CHECK(failed == 0);
  CHECK(log.Count("cut a connection") == 0);
}

TEST_CASE("Who sends 3 MiB with each of many executions is not cut") {
  if (!muster::test::kMemoryMeansSomething) return;  // what a sanitizer keeps would count
  DaemonLog log;
  ClusterFixture node(1);
  log.Restore();
  const BusyMachine busy;
  KeepAll(node.cluster(), "3 MiB each", 16, Bulk());
  CHECK(log.Count("cut a connection") == 0);
}

TEST_CASE("Who sends much is not cut in place of one who floods") {
  if (!muster::test::kMemoryMeansSomething || !muster::test::kTimeMeansSomething) return;
  DaemonLog log;
  ClusterFixture node(1);
  log.Restore();
  const BusyMachine busy;
  std::atomic<bool> was_cut = false;
  std::thread flooder([&] {
    http2::Connection connection(node.folder().path() + "/n1.sock");
    bool is_open = connection.Greet();
    const auto end = Clock::now() + 2 * kTime;
    for (std::uint32_t stream = 1; is_open && Clock::now() < end; stream += 128) {
      is_open = connection.Send(http2::ResetCalls(stream, 64)) && connection.Drain();
    }
    was_cut = !is_open;
  });
  KeepAll(node.cluster(), "3 MiB each beside a flood", 16, Bulk());
  flooder.join();
  CHECK(was_cut);
  CHECK(log.Count("cut a connection") == 1);
}
