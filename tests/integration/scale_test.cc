// Many nodes: what a daemon holds that nobody has asked for anything, how many connections are
// made at once, and one command for all of them while some are dead and some stand still.
#include <ClusterAPI.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <iostream>
#include <thread>

#include "common/tsan.h"
#include "common/unique_fd.h"
#include "tests/integration/crowd.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::Crowd;
using muster::test::Eventually;
using muster::test::Folder;
using muster::test::kMemoryMeansSomething;
using muster::test::ReadFile;
using muster::test::Slack;
using Clock = std::chrono::steady_clock;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kUsual = 40;
#else
constexpr int kUsual = 200;
#endif
constexpr double kMostMiB = 8;
constexpr std::size_t kMostConnecting = 256;
// Seconds until a silent node is unreachable, and until silence is noticed on a connection.
constexpr double kConnect = 5 * muster::kTsanSlowness;
constexpr double kSilence = 10 + 5 * muster::kTsanSlowness;
// Long for any of them on a machine that is busy with all of them.
constexpr std::chrono::seconds kDeadline(60);

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

ClusterAPI Connect(const std::string& configuration) {
  auto connected = ClusterAPI::connect("", configuration);
  INFO(connected.status().message());
  REQUIRE(connected.ok());
  return *std::move(connected);
}

// MiB; 0: it is gone, or not ours to ask.
double ProportionalMiB(pid_t pid) {
  const std::string text = ReadFile("/proc/" + std::to_string(pid) + "/smaps_rollup");
  const std::size_t at = text.find("\nPss:");
  return at == std::string::npos ? 0 : ::atof(text.c_str() + at + 5) / 1024;
}

long ThreadsOf(pid_t pid) {
  const std::string text = ReadFile("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = text.find("\nThreads:");
  return at == std::string::npos ? 0 : ::atol(text.c_str() + at + 9);
}

// Every twentieth node.
bool IsChosen(int node, int which) { return node % 20 == which; }

// One command for all nodes, and when each of their outcomes came.
class Sent {
 public:
  explicit Sent(ClusterAPI& cluster)
      : begin_(Clock::now()), verdicts_(cluster.nodes().size()), seconds_(cluster.nodes().size()) {
    muster::ExecuteOptions options;
    options.deadline = kDeadline;
    calls_ = cluster.execute_all("*", muster::shell("echo $MUSTER_NODE"), options);
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      calls_[i].then([this, i](const Outcome&) {
        seconds_[i] = SecondsSince(begin_);
        ++verdicts_[i];
        ++ended_;
      });
    }
  }
  ~Sent() { WaitForAll(); }

  // How many ended in `kind`, of those that `is_of` names, each with its own node's name and
  // output.
  template <typename Condition>
  std::size_t Count(Outcome::Kind kind, Condition is_of) {
    std::size_t count = 0;
    last_ = 0;
    first_ = 1e9;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (!is_of(static_cast<int>(i) + 1)) continue;
      const std::string name = "n" + std::to_string(i + 1);
      std::string output;
      for (const muster::Event& event : calls_[i]) output += event.data;
      const Outcome& outcome = calls_[i].wait();
      CHECK(Eventually([&] { return verdicts_[i] > 0; }));
      const std::string expected = kind == Outcome::Kind::kOk ? name + "\n" : "";
      const bool is_right = outcome.kind == kind && outcome.node == name && output == expected;
      if (!is_right) UNSCOPED_INFO(name << ": " << outcome.describe() << " [" << output << "]");
      count += is_right ? 1 : 0;
      last_ = std::max(last_, seconds_[i].load());
      first_ = std::min(first_, seconds_[i].load());
    }
    return count;
  }
  // Of those that were counted last.
  double first() const { return first_; }
  double last() const { return last_; }

  void WaitForAll() {
    for (Call& call : calls_) call.wait();
    CHECK(Eventually([&] { return ended_ == calls_.size(); }));
  }
  bool HasOneVerdictEach() const {
    return std::all_of(verdicts_.begin(), verdicts_.end(), [](const auto& n) { return n == 1; });
  }

 private:
  const Clock::time_point begin_;
  std::vector<std::atomic<int>> verdicts_;
  std::vector<std::atomic<double>> seconds_;
  std::atomic<std::size_t> ended_{0};
  double first_ = 0;
  double last_ = 0;
  std::vector<Call> calls_;
};

// Sockets that take connections and never say a word.
class SilentNodes {
 public:
  explicit SilentNodes(int count) {
    std::string list;
    for (int i = 1; i <= count; ++i) {
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      const std::string path = folder_.path() + "/s" + std::to_string(i);
      std::memcpy(name.sun_path, path.data(), path.size());
      listeners_.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      REQUIRE(::bind(listeners_.back().get(), reinterpret_cast<sockaddr*>(&name), sizeof name) ==
              0);
      REQUIRE(::listen(listeners_.back().get(), 8) == 0);
      list += (i == 1 ? "s" : ",\n  s") + std::to_string(i) + "=unix:" + path;
    }
    configuration_ = folder_.Write("cluster.conf", "[cluster silent]\nnodes = " + list + "\n");
  }
  const std::string& configuration() const { return configuration_; }
  // How many have been made up to now.
  std::size_t connections() {
    for (const muster::UniqueFd& listener : listeners_) {
      for (;;) {
        muster::UniqueFd taken(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!taken.IsOpen()) break;
        connections_.push_back(std::move(taken));
      }
    }
    return connections_.size();
  }
  void Close() {
    listeners_.clear();
    connections_.clear();
  }

 private:
  Folder folder_;
  std::string configuration_;
  std::vector<muster::UniqueFd> listeners_;
  std::vector<muster::UniqueFd> connections_;
};

}  // namespace

// First: the limit is raised once in a process.
TEST_CASE("an embedded cluster of many nodes needs no higher limit of descriptors") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlim_t given = std::min<rlim_t>(limit.rlim_max, 256);
  limit.rlim_cur = given;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  const int nodes = std::min(512, Crowd::SizeFor(kUsual));
  const auto begin = Clock::now();
  auto cluster = ClusterAPI::local(nodes);
  INFO(cluster.status().message());
  REQUIRE(cluster.ok());
  std::cout << "an embedded cluster of " << nodes << " started in " << SecondsSince(begin) << " s"
            << std::endl;
  CHECK(cluster->clustercheck(kDeadline));
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(limit.rlim_cur == limit.rlim_max);
  // Who selects on descriptors is not to meet large numbers because we do not.
  Call call = cluster->execute(nodes, muster::shell("ulimit -Sn"));
  std::string output;
  for (const muster::Event& event : call) output += event.data;
  CHECK(output == std::to_string(given) + "\n");
}

TEST_CASE("so many nodes are connected to at once, and the next when these have answered or not") {
  constexpr int kNodes = 400;
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_max < 4 * kNodes) {
    WARN("no more than " << limit.rlim_max << " descriptors: not tested");
    return;
  }
  ClusterAPI raises_the_limit = *ClusterAPI::local(1);
  SilentNodes nodes(kNodes);
  ClusterAPI cluster = Connect(nodes.configuration());
  const auto begin = Clock::now();
  std::vector<Call> calls = cluster.execute_all("*", muster::shell("true"));
  CHECK(Eventually([&] { return nodes.connections() >= kMostConnecting; }));
  bool is_bounded = true;
  while (SecondsSince(begin) < 2.5) {
    is_bounded = is_bounded && nodes.connections() <= kMostConnecting;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  // Unless this machine took as long to get here as a silent node has.
  CHECK((is_bounded || SecondsSince(begin) > kConnect));
  // The others have their turn when the time of the first ones is over.
  CHECK(Eventually([&] { return nodes.connections() >= kNodes; },
                   std::chrono::seconds(static_cast<int>(2 * kConnect))));
  // A question that has a deadline waits for half of it at most.
  ClusterAPI asker = Connect(nodes.configuration());
  const std::size_t before = nodes.connections();
  std::thread question([&] { static_cast<void>(asker.clustercheck(std::chrono::seconds(4))); });
  CHECK(Eventually([&] { return nodes.connections() >= before + kNodes; }));
  question.join();
  nodes.Close();
  for (Call& call : calls) CHECK(call.wait().kind == Outcome::Kind::kUnreachable);
}

TEST_CASE("of many nodes some are dead and some stand still: the others do not notice") {
  Crowd crowd(Crowd::SizeFor(kUsual));
  const int nodes = crowd.size();

  // A daemon's child is its spawner, and that has none.
  double daemons = 0;
  double spawners = 0;
  long threads = 0;
  int with_more = 0;
  int below = 0;
  for (const auto& process : muster::test::DescendantsOf(::getpid())) {
    if (process.depth == 1) {
      daemons += ProportionalMiB(process.pid) / nodes;
      threads = std::max(threads, ThreadsOf(process.pid));
    } else {
      with_more += process.depth > 2 ? 1 : 0;
      spawners += ProportionalMiB(process.pid) / nodes;
      ++below;
    }
  }
  std::cout << nodes << " daemons: clusterd " << daemons << " MiB each, clusterd-spawner "
            << spawners << " MiB each (PSS); at most " << threads << " threads" << std::endl;
  CHECK(below == nodes);  // no Python before it is asked for
  CHECK(with_more == 0);
  if (kMemoryMeansSomething) CHECK(daemons + spawners <= kMostMiB);

  // First contact.
  const auto is_dead = [](int node) { return IsChosen(node, 3); };
  const auto is_frozen = [](int node) { return IsChosen(node, 13); };
  const auto is_well = [&](int node) { return !is_dead(node) && !is_frozen(node); };
  std::size_t dead = 0;
  for (int node = 1; node <= nodes; ++node) {
    if (is_dead(node)) crowd.Kill(node);
    if (is_frozen(node)) crowd.Freeze(node);
    dead += is_dead(node) ? 1 : 0;
  }
  std::size_t frozen = 0;
  for (int node = 1; node <= nodes; ++node) frozen += is_frozen(node) ? 1 : 0;
  const std::size_t well = static_cast<std::size_t>(nodes) - dead - frozen;
  ClusterAPI cluster = Connect(crowd.configuration());
  {
    Sent sent(cluster);
    CHECK(sent.Count(Outcome::Kind::kOk, is_well) == well);
    const double last = sent.last();
    CHECK(sent.Count(Outcome::Kind::kUnreachable, is_dead) == dead);
    const double told_dead = sent.last();
    CHECK(sent.Count(Outcome::Kind::kUnreachable, is_frozen) == frozen);
    sent.WaitForAll();
    CHECK(sent.HasOneVerdictEach());
    std::cout << "first contact: " << well << " answered within " << last << " s, " << dead
              << " dead known after " << told_dead << " s, " << frozen << " frozen from "
              << sent.first() << " to " << sent.last() << " s" << std::endl;
    CHECK(sent.last() < (kConnect + 1) * Slack());
  }

  // Over open connections, on which silence takes longer to tell from work.
  for (int node = 1; node <= nodes; ++node) {
    if (is_frozen(node)) crowd.Thaw(node);
  }
  const muster::ClusterCheck check = cluster.clustercheck(kDeadline);
  CHECK(std::count_if(check.nodes.begin(), check.nodes.end(), [](const auto& node) {
          return !node.reason.empty();
        }) == static_cast<long>(dead));
  for (int node = 1; node <= nodes; ++node) {
    if (is_frozen(node)) crowd.Freeze(node);
  }
  {
    Sent sent(cluster);
    CHECK(sent.Count(Outcome::Kind::kOk, is_well) == well);
    const double last = sent.last();
    CHECK(sent.Count(Outcome::Kind::kUnreachable, is_dead) == dead);
    CHECK(sent.Count(Outcome::Kind::kLost, is_frozen) == frozen);
    sent.WaitForAll();
    CHECK(sent.HasOneVerdictEach());
    std::cout << "open connections: " << well << " answered within " << last << " s, " << frozen
              << " frozen from " << sent.first() << " to " << sent.last() << " s" << std::endl;
    CHECK(last < sent.first());
    CHECK(sent.last() < kSilence * Slack());
  }
  CHECK(crowd.End());
}
