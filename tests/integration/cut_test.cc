// The connection is cut after any byte, in either direction: nothing starts twice, and what the
// caller is told is true.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <random>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/counter_pattern.h"
#include "tests/integration/fault_proxy.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::CounterPattern;
using muster::test::Eventually;
using muster::test::FaultProxy;
using muster::test::Rounds;
using muster::test::Slack;
using Kind = Outcome::Kind;
using Clock = std::chrono::steady_clock;

namespace {

// A daemon, a proxy before it, and clients that come through the proxy.
class Trial {
 public:
  Trial()
      : proxy_(node_.folder().path() + "/proxy.sock", node_.folder().path() + "/n1.sock"),
        configuration_(node_.folder().Write(
            "proxy.conf",
            "[cluster trial]\nnodes = n1=unix:" + node_.folder().path() + "/proxy.sock\n")) {}

  ClusterFixture& node() { return node_; }
  FaultProxy& proxy() { return proxy_; }
  // A client with a connection of its own.
  ClusterAPI Connect() const {
    auto connected = ClusterAPI::connect("trial", configuration_);
    REQUIRE(connected.ok());
    return *std::move(connected);
  }
  // Nothing runs on the node any more, and nothing is on its way there.
  bool IsQuiet() {
    return Eventually([&] { return node_.cluster().clustercheck().nodes[0].running == 0; });
  }

 private:
  ClusterFixture node_{1};
  FaultProxy proxy_;
  std::string configuration_;
};

struct Cut {
  bool to_daemon = false;
  std::uint64_t after = 0;
  std::string starts;  // the file of starts
  std::string output;
  Outcome outcome;
  bool hangs = true;
  double seconds = 0;
};

void Run(Trial& trial, Cut& cut) {
  FaultProxy::Faults faults;
  (cut.to_daemon ? faults.to_daemon : faults.to_client).cut = cut.after;
  trial.proxy().Set(faults);
  ClusterAPI cluster = trial.Connect();
  const auto begin = Clock::now();
  Call call = cluster.execute(1, muster::shell("echo start >> " + cut.starts + "; echo done"));
  std::optional<muster::Event> event;
  while (call.next_for(std::chrono::seconds(30), &event) && event) cut.output += event->data;
  const Outcome* outcome = call.wait_for(std::chrono::seconds(1));
  cut.hangs = outcome == nullptr;
  if (outcome != nullptr) cut.outcome = *outcome;
  cut.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
}

bool IsTruthful(const Cut& cut, std::size_t starts) {
  switch (cut.outcome.kind) {
    case Kind::kOk:
      return starts == 1 && cut.output == "done\n";
    case Kind::kUnreachable:
      return starts == 0;
    case Kind::kLost:
      return starts <= 1;
    default:
      return false;
  }
}

std::size_t StartsIn(const std::string& file) {
  const std::string text = muster::test::ReadFile(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Every byte of both directions; with fewer rounds than usual only some, evenly from a random one.
std::vector<Cut> Cuts(const FaultProxy::Passed& whole, const std::string& folder) {
  std::mt19937_64 random(muster::test::Seed());
  std::vector<Cut> cuts;
  for (const bool to_daemon : {true, false}) {
    const auto bytes = static_cast<int>(to_daemon ? whole.to_daemon : whole.to_client) + 1;
    const int step = bytes / std::min(bytes, Rounds(20 * bytes));
    for (int after = static_cast<int>(random() % static_cast<unsigned>(step)); after < bytes;
         after += step) {
      cuts.push_back({to_daemon, static_cast<std::uint64_t>(after),
                      folder + "/starts-" + std::to_string(cuts.size())});
    }
  }
  return cuts;
}

}  // namespace

TEST_CASE("an execution whose connection is cut after any byte starts at most once, and says so") {
  Trial trial;
  Cut whole{true, ~0ull, trial.node().folder().path() + "/starts-whole"};
  Run(trial, whole);
  REQUIRE(whole.outcome.ok());
  const FaultProxy::Passed passed = trial.proxy().passed();
  std::vector<Cut> cuts = Cuts(passed, trial.node().folder().path());
  const auto begin = Clock::now();
  for (Cut& cut : cuts) Run(trial, cut);
  const std::chrono::duration<double> took = Clock::now() - begin;
  CHECK(trial.IsQuiet());
  std::map<std::string, int> kinds;
  double slowest = 0;
  for (const Cut& cut : cuts) {
    INFO("cut after byte " << cut.after << (cut.to_daemon ? " to the daemon: " : " to the client: ")
                           << cut.outcome.describe() << "; output " << cut.output);
    CHECK_FALSE(cut.hangs);
    CHECK(IsTruthful(cut, StartsIn(cut.starts)));
    ++kinds[muster::word(cut.outcome.kind) +
            std::string(StartsIn(cut.starts) == 0 ? "" : "+start")];
    slowest = std::max(slowest, cut.seconds);
  }
  std::cout << cuts.size() << " cuts in " << passed.to_daemon << " bytes to the daemon and "
            << passed.to_client << " to the client, in " << took.count() << " s, the slowest "
            << slowest << " s:";
  for (const auto& [kind, count] : kinds) std::cout << " " << kind << " " << count;
  std::cout << std::endl;
  // A cut is seen at once; nobody waits for a timer.
  CHECK(slowest < 5 * Slack());
}

TEST_CASE("what breaks off before it was accepted runs once, over another connection, or is lost") {
  Trial trial;
  const std::string folder = trial.node().folder().path();
  const auto run = [&](Cut& cut) {
    FaultProxy::Faults faults;
    (cut.to_daemon ? faults.to_daemon : faults.to_client).cut = cut.after;
    trial.proxy().Set(faults);
    ClusterAPI cluster = trial.Connect();
    // The connection is made, and only this one is to be cut.
    const bool is_connected = static_cast<bool>(cluster.clustercheck());
    trial.proxy().Set({});
    if (!is_connected) return false;
    Call call = cluster.execute(1, muster::shell("echo start >> " + cut.starts + "; echo done"));
    std::optional<muster::Event> event;
    while (call.next_for(std::chrono::seconds(30), &event) && event) cut.output += event->data;
    cut.outcome = call.wait();
    return true;
  };
  Cut whole{true, ~0ull, folder + "/starts-whole"};
  REQUIRE(run(whole));
  REQUIRE(whole.outcome.ok());
  std::map<std::string, int> kinds;
  for (const Cut& planned : Cuts(trial.proxy().passed(), folder)) {
    Cut cut = planned;
    if (!run(cut)) continue;  // cut too early to be about the execution
    const std::size_t starts = StartsIn(cut.starts);
    INFO("cut after byte " << cut.after << (cut.to_daemon ? " to the daemon: " : " to the client: ")
                           << cut.outcome.describe() << "; output " << cut.output);
    CHECK(IsTruthful(cut, starts));
    ++kinds[(cut.to_daemon ? "request cut: " : "answer cut: ") +
            std::string(muster::word(cut.outcome.kind)) + (starts == 0 ? "" : "+start")];
  }
  // Half a request is none, so it is sent again; of an answer that is cut nobody knows enough.
  CHECK(kinds["request cut: ok+start"] > 0);
  for (const auto& [kind, count] : kinds) std::cout << kind << " " << count << "; ";
  std::cout << std::endl;
}

TEST_CASE("a connection that comes byte by byte, or late, is a connection") {
  Trial trial;
  FaultProxy::Faults faults;
  faults.to_daemon.single_bytes = true;
  faults.to_client.single_bytes = true;
  trial.proxy().Set(faults);
  CHECK(trial.Connect().execute(1, "'a' * 1000").wait().value().text().size() == 1002);
  faults = {};
  faults.to_daemon.delay = std::chrono::milliseconds(30);
  faults.to_client.delay = std::chrono::milliseconds(30);
  trial.proxy().Set(faults);
  ClusterAPI late = trial.Connect();
  Call call = late.execute(1, muster::test::WritePattern(2));
  CounterPattern pattern;
  for (const muster::Event& event : call) pattern.Add(event.data);
  INFO(call.wait().describe());
  CHECK(pattern.bytes() == 2u << 20);
  CHECK(pattern.IsExact());
  CHECK(call.wait().ok());
}

TEST_CASE("output that is cut in the middle is exact up to there, and its program ends") {
  Trial trial;
  for (int round = 0; round < Rounds(60); ++round) {
    FaultProxy::Faults faults;
    faults.to_client.cut = 1'000'000 + 77'777 * static_cast<std::uint64_t>(round);
    trial.proxy().Set(faults);
    ClusterAPI cluster = trial.Connect();
    Call call = cluster.execute(1, muster::test::WritePattern(10'240));
    CounterPattern pattern;
    for (const muster::Event& event : call) pattern.Add(event.data);
    CHECK(pattern.IsExact());
    CHECK(pattern.bytes() > 500'000);
    CHECK(pattern.bytes() < *faults.to_client.cut);
    CHECK(call.wait().kind == Kind::kLost);
    CHECK(trial.IsQuiet());
  }
  CHECK(muster::test::DescendantsOf(trial.node().pid(1)).size() <= 2);
}
