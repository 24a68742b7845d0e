// Connections that nobody uses: a client closes its own, and connects again by itself; a daemon
// ends those without any call, which are never those of a client that is in use. And the zygotes
// of a daemon that nobody uses.
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <thread>

#include "client/call_state.h"
#include "client/execution.h"
#include "client/node_link.h"
#include "tests/integration/node_fixture.h"
#include "tests/integration/raw_http2.h"

using muster::Address;
using muster::Call;
using muster::NodeLink;
using muster::Outcome;
using muster::TrustedUsers;
using muster::test::ChildrenWith;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::Slack;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
namespace http2 = muster::test::http2;
namespace v1 = muster::v1;

namespace {

constexpr milliseconds kIdle{400};

// The inodes of the accepted ones, by the kernel's list of sockets: their ends at the daemon bear
// its path.
std::vector<std::string> ConnectionsOf(const NodeFixture& node) {
  std::ifstream list("/proc/net/unix");
  std::vector<std::string> inodes;
  for (std::string line; std::getline(list, line);) {
    const std::string end = " " + node.path();
    if (line.find(" 00010000 ") != std::string::npos || !line.ends_with(end)) continue;
    line.resize(line.size() - end.size());
    inodes.push_back(line.substr(line.rfind(' ') + 1));
  }
  return inodes;
}

std::shared_ptr<NodeLink> LinkTo(const NodeFixture& node, milliseconds max_idle) {
  return std::make_shared<NodeLink>("n1", Address{Address::Kind::kUnix, node.path()},
                                    TrustedUsers(), max_idle);
}

Outcome Run(const std::shared_ptr<NodeLink>& link, const std::string& source) {
  v1::ExecuteRequest request;
  request.mutable_shell()->set_source(source);
  const auto call = std::make_shared<Call::State>(link->name());
  const auto execution = std::make_shared<muster::Execution>(call, link, request);
  call->SetControl(execution);
  execution->Begin();
  return call->Wait();
}

bool Describes(const std::shared_ptr<NodeLink>& link) {
  const auto answer = std::make_shared<std::promise<bool>>();
  link->Describe({}, Clock::now() + std::chrono::seconds(5),
                 [answer](const auto& response) { answer->set_value(response.ok()); });
  return answer->get_future().get();
}

// A node whose zygotes end after so long, in the place of minutes.
std::unique_ptr<NodeFixture> NodeOfShortZygotes(milliseconds idle) {
  ::setenv("MUSTER_ZYGOTE_IDLE", std::to_string(idle.count()).c_str(), 1);
  auto node = std::make_unique<NodeFixture>();
  ::unsetenv("MUSTER_ZYGOTE_IDLE");
  return node;
}

double OwnSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

TEST_CASE("a client closes a connection without calls, and makes another for the next call") {
  NodeFixture node;
  const auto link = LinkTo(node, kIdle);
  for (int round = 0; round < 3; ++round) {
    const auto begin = Clock::now();
    CHECK(Run(link, "true").ok());
    CHECK(Eventually([&] { return ConnectionsOf(node).empty(); }));
    CHECK(Clock::now() - begin >= kIdle);
  }
  CHECK(Describes(link));
  CHECK(Eventually([&] { return ConnectionsOf(node).empty(); }));
  CHECK(Describes(link));
  CHECK(Run(link, "true").ok());
  // With nothing to do nothing is done.
  CHECK(Eventually([&] { return ConnectionsOf(node).empty(); }));
  const double before = OwnSeconds();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  CHECK(OwnSeconds() - before < 0.1 * Slack());
}

TEST_CASE("a connection is not idle while a command runs on it, nor while questions come") {
  NodeFixture node;
  const auto link = LinkTo(node, kIdle);
  const Outcome outcome = Run(link, "sleep 1.5");
  CHECK(outcome.ok());
  auto last = Clock::now();
  CHECK(Describes(link));
  const auto connections = ConnectionsOf(node);
  bool is_same = connections.size() == 1;
  bool is_prompt = true;
  for (const auto end = last + 4 * kIdle; Clock::now() < end;) {
    is_same = is_same && Describes(link) && ConnectionsOf(node) == connections;
    is_prompt = is_prompt && Clock::now() < last + kIdle;
    last = Clock::now();
    std::this_thread::sleep_for(kIdle / 8);
  }
  // A machine that is too busy to ask in time says nothing about it.
  CHECK((is_same || !is_prompt));
}

TEST_CASE("a client whose connection is closed in its idle time loses no call") {
  NodeFixture node;
  // Calls come just when the connection is to be closed.
  const auto link = LinkTo(node, milliseconds(20));
  for (int round = 0; round < 60; ++round) {
    const Outcome outcome = Run(link, "true");
    INFO(outcome.describe());
    CHECK(outcome.ok());
    std::this_thread::sleep_for(milliseconds(18) + std::chrono::microseconds(round * 100));
  }
}

TEST_CASE("a daemon ends a connection without calls, and none that a client of Muster has") {
  constexpr milliseconds kTimeout{1000};
  NodeFixture node({"--idle-timeout", "1s"});
  const auto link = LinkTo(node, muster::Lanes::kMaxIdleOfLast);
  CHECK(Run(link, "true").ok());
  const auto connections = ConnectionsOf(node);
  REQUIRE(connections.size() == 1);

  http2::Connection silent(node.path());
  const auto begin = Clock::now();
  REQUIRE(silent.Send(http2::Greeting() + http2::Call(1)));
  CHECK(silent.WaitForEnd(std::chrono::milliseconds(static_cast<int>(3000 * Slack()))));
  CHECK(Clock::now() - begin >= kTimeout);

  // With a stream that lives it stays.
  const auto other = LinkTo(node, muster::Lanes::kMaxIdleOfLast);
  CHECK(Run(other, "sleep 2").ok());
  CHECK(Eventually([&] { return ConnectionsOf(node).size() == 2; }));
  const auto still = ConnectionsOf(node);
  CHECK(std::find(still.begin(), still.end(), connections[0]) != still.end());
  CHECK(Run(link, "true").ok());
}

TEST_CASE("a call that a daemon's idle end meets is told truly, and runs once at most") {
  // The shortest there is: it passes between the first answer and the call.
  NodeFixture node({"--idle-timeout", "1ms"});
  for (int round = 0; round < 20; ++round) {
    const auto link = LinkTo(node, muster::Lanes::kMaxIdleOfLast);
    const std::string mark = node.folder() + "/mark-" + std::to_string(round);
    const Outcome outcome = Run(link, "echo x >> " + mark);
    INFO(outcome.describe());
    const std::string marks = muster::test::ReadFile(mark);
    ::unlink(mark.c_str());
    CHECK(marks.size() <= 2);
    CHECK((outcome.ok() ? marks == "x\n" : true));
    CHECK((outcome.kind == Outcome::Kind::kUnreachable ? marks.empty() : true));
  }
}

TEST_CASE("with an idle timeout of 0 a connection may be idle for ever") {
  NodeFixture node({"--idle-timeout", "0"});
  http2::Connection silent(node.path());
  REQUIRE(silent.Greet());
  REQUIRE(silent.Send(http2::Call(1)));
  CHECK_FALSE(silent.WaitForEnd(milliseconds(1500)));
}

TEST_CASE("a zygote that nobody needs ends, and no execution notices") {
  constexpr milliseconds kUnneeded{40};
  const auto node = NodeOfShortZygotes(kUnneeded);
  CHECK(node->Run(node->Python("6*7")).value == "42");
  const pid_t spawner = node->SpawnerPid();
  CHECK(Eventually([&] { return ChildrenWith(spawner, "clusterd-zygote").empty(); }));
  for (int round = 0; round < 12; ++round) {
    CHECK(node->Run(node->Python("6*7")).value == "42");
    // The next one comes about when it ends.
    std::this_thread::sleep_for(kUnneeded + std::chrono::microseconds(300 * (round - 4)));
  }
}

TEST_CASE("a zygote stays for what its jobs left running, and no longer") {
  const auto node = NodeOfShortZygotes(milliseconds(40));
  const std::string seconds = muster::test::UniqueSeconds();
  const auto left = node->Run(node->Python("import subprocess\nsubprocess.Popen(['sleep', '" +
                                           seconds + "'], start_new_session=True)"));
  CHECK(left.outcome.usage().left() == 1);
  const pid_t spawner = node->SpawnerPid();
  CHECK_FALSE(Eventually([&] { return ChildrenWith(spawner, "clusterd-zygote").empty(); },
                         milliseconds(200)));
  const std::vector<pid_t> sleeps = ProcessesWith("sleep " + seconds);
  REQUIRE(sleeps.size() == 1);
  muster::test::Kill(sleeps[0], SIGKILL);
  CHECK(Eventually([&] { return ChildrenWith(spawner, "clusterd-zygote").empty(); }));
}
