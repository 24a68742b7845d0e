// A client, a daemon and a network that stand still: whoever is left notices within 15 s, and
// nobody else does. All three at once, because each takes its 15 s.
#include <ClusterAPI.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <thread>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/fault_proxy.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::ChildProcess;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Eventually;
using muster::test::FaultProxy;
using muster::test::ProcessesWith;
using muster::test::Slack;
using muster::test::UniqueSeconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kSilence = 15;     // seconds until silence is noticed
constexpr double kClientGrace = 5;  // of what the other program executes
constexpr double kTreeEnds = 3;     // the tree is gone so long after its grace

// How long after the freeze something was seen first.
class Moment {
 public:
  void Look(bool is_there, Clock::time_point since) {
    if (!is_there || seconds_ >= 0) return;
    seconds_ = std::chrono::duration<double>(Clock::now() - since).count();
  }
  bool IsThere() const { return seconds_ >= 0; }
  // What it is compared with: never is later than anything.
  double seconds() const { return IsThere() ? seconds_ : 1e9; }

 private:
  double seconds_ = -1;
};

// Another program that runs something on n1 and n2 of the cluster, up to where both run.
ChildProcess StartClient(const ClusterFixture& nodes, const std::string& seconds) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const muster::UniqueFd read(ends[0]);
  const muster::UniqueFd write(ends[1]);
  ChildProcess::Options options;
  options.argv = {CLIENT_PROGRAM, "connect", seconds};
  options.fds = {{write.get(), 1}, {2, 2}};
  options.extra_environment = {"MUSTER_CONFIG=" + nodes.configuration()};
  auto started = ChildProcess::Start(options);
  REQUIRE(started.ok());
  char c = 0;
  REQUIRE(::read(read.get(), &c, 1) == 1);
  return *std::move(started);
}

Call RunDeaf(ClusterAPI& cluster, int node, const std::string& seconds) {
  muster::ExecuteOptions options;
  options.grace = std::chrono::seconds(1);
  Call call =
      cluster.execute(node, muster::shell("trap '' INT TERM; echo up; sleep " + seconds), options);
  REQUIRE(call.next().has_value());
  return call;
}

}  // namespace

TEST_CASE("a frozen client, daemon or network is noticed within 15 s, and the others go on") {
  ClusterFixture nodes(3);
  const std::string folder = nodes.folder().path();
  FaultProxy proxy(folder + "/proxy.sock", folder + "/n1.sock");
  auto far = ClusterAPI::connect(
      "", nodes.folder().Write("far.conf",
                               "[cluster far]\nnodes = n1=unix:" + folder + "/proxy.sock\n"));
  REQUIRE(far.ok());
  const std::string client_seconds = UniqueSeconds();
  const std::string daemon_seconds = UniqueSeconds();
  const std::string network_seconds = UniqueSeconds();
  ChildProcess client = StartClient(nodes, client_seconds);
  Call of_daemon = RunDeaf(nodes.cluster(), 3, daemon_seconds);
  Call of_network = RunDeaf(*far, 1, network_seconds);

  muster::test::Freeze(client.pid());
  muster::test::Freeze(nodes.pid(3));
  proxy.Freeze();
  const auto frozen = Clock::now();
  // More than the stopped daemon's socket takes.
  const std::string large = "#" + std::string(3'000'000, 'x') + "\n1";
  std::vector<Call> sent;
  for (int i = 0; i < 4; ++i) sent.push_back(nodes.cluster().execute(3, large));
  Moment client_ended, flood_ended, daemon_noticed, network_noticed, network_ended, sent_noticed;
  int served = 0;
  int wrong = 0;
  double slowest = 0;
  const auto all = [&] {
    return client_ended.IsThere() && flood_ended.IsThere() && daemon_noticed.IsThere() &&
           network_noticed.IsThere() && network_ended.IsThere() && sent_noticed.IsThere();
  };
  const auto deadline = frozen + std::chrono::duration<double>((kSilence + 10) * Slack());
  while (!all() && Clock::now() < deadline) {
    client_ended.Look(ProcessesWith("sleep " + client_seconds).empty(), frozen);
    flood_ended.Look(ProcessesWith("yes " + client_seconds).empty(), frozen);
    daemon_noticed.Look(of_daemon.done(), frozen);
    network_noticed.Look(of_network.done(), frozen);
    network_ended.Look(ProcessesWith("sleep " + network_seconds).empty(), frozen);
    sent_noticed.Look(
        std::all_of(sent.begin(), sent.end(), [](const Call& call) { return call.done(); }),
        frozen);
    const auto begin = Clock::now();
    const int node = 1 + served++ % 2;
    wrong += nodes.cluster().execute(node, "6*7").wait().value().text() == "42" ? 0 : 1;
    slowest = std::max(slowest, std::chrono::duration<double>(Clock::now() - begin).count());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::cout << "client stopped: its execution ended after " << client_ended.seconds()
            << " s (grace 5 s), its flood after " << flood_ended.seconds()
            << " s; daemon stopped: lost after " << daemon_noticed.seconds()
            << " s, 12 MB sent to it after " << sent_noticed.seconds()
            << " s; network gone: lost after " << network_noticed.seconds()
            << " s, ended on the node after " << network_ended.seconds() << " s (grace 1 s); "
            << served << " calls beside it, the slowest " << slowest << " s" << std::endl;
  CHECK(client_ended.seconds() < (kSilence + kClientGrace + kTreeEnds) * Slack());
  CHECK(flood_ended.seconds() < (kSilence + kClientGrace + kTreeEnds) * Slack());
  CHECK(daemon_noticed.seconds() < kSilence * Slack());
  CHECK(sent_noticed.seconds() < kSilence * Slack());
  CHECK(network_noticed.seconds() < kSilence * Slack());
  CHECK(network_ended.seconds() < (kSilence + 1 + kTreeEnds) * Slack());
  CHECK(of_daemon.wait().kind == Outcome::Kind::kLost);
  CHECK(of_network.wait().kind == Outcome::Kind::kLost);
  for (Call& call : sent) CHECK(call.wait().kind == Outcome::Kind::kLost);
  CHECK(wrong == 0);

  // Thawed: the client is told, and the daemon ends what its own client gave up.
  client.Kill(SIGCONT);
  CHECK(client.WaitUntil(Clock::now() + std::chrono::seconds(10)) == 0);
  ::kill(nodes.pid(3), SIGCONT);
  CHECK(Eventually([&] { return ProcessesWith("sleep " + daemon_seconds).empty(); }));
  CHECK(nodes.cluster().execute(3, "6*7").wait().value().text() == "42");
  client.Kill(SIGKILL);
  client.WaitUntil(Clock::now() + std::chrono::seconds(5));
  CHECK(nodes.EndsCleanly());
}
