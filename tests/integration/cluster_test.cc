// What every call promises, on an embedded cluster of three nodes.
#include <ClusterAPI.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::Slack;
using Clock = std::chrono::steady_clock;

namespace {

ClusterAPI Local(int nodes) {
  auto cluster = ClusterAPI::local(nodes);
  INFO(cluster.status().message());
  REQUIRE(cluster.ok());
  return *std::move(cluster);
}

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

TEST_CASE("three sleeps of a second on three nodes take about a second") {
  ClusterAPI cluster = Local(3);
  for (int i = 1; i <= 3; ++i) REQUIRE(cluster.execute(i, "0").wait().ok());  // connected
  const auto begin = Clock::now();
  Call a = cluster.execute(1, muster::shell("sleep 1"));
  Call b = cluster.execute(2, muster::shell("sleep 1"));
  Call c = cluster.execute(3, muster::shell("sleep 1"));
  CHECK(SecondsSince(begin) < 0.2 * Slack());
  CHECK(a.wait().ok());
  CHECK(b.wait().ok());
  CHECK(c.wait().ok());
  CHECK(SecondsSince(begin) < 1 + 0.3 * Slack());
}

TEST_CASE("one command goes to several targets at once, with a call for each in their order") {
  ClusterAPI cluster = Local(3);
  std::vector<Call> calls =
      cluster.execute({3, "n1"}, muster::shell("echo $MUSTER_NODE $MUSTER_RANK of $MUSTER_SIZE"));
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].next()->data == "n3 0 of 2\n");
  CHECK(calls[1].next()->data == "n1 1 of 2\n");
  CHECK(calls[0].wait().ok());
  CHECK(calls[1].wait().ok());
  // A target that names no node starts nothing anywhere.
  calls = cluster.execute({3, 9}, muster::shell("true"));
  CHECK(calls[0].wait().kind == Outcome::Kind::kSkipped);
  CHECK(calls[1].wait().kind == Outcome::Kind::kRefused);
  CHECK(cluster.execute(std::vector<muster::Target>{}, "1").empty());
  Call alone = cluster.execute(2, muster::shell("echo $MUSTER_RANK of $MUSTER_SIZE"));
  CHECK(alone.next()->data == "0 of 1\n");
}

TEST_CASE("limits, leftovers and the time a stop took pass both ways") {
  ClusterAPI cluster = Local(1);
  muster::ExecuteOptions options;
  options.limits.output_bytes = 10;
  CHECK(cluster.execute(1, muster::shell("yes"), options).wait().describe() ==
        "limit: output of 10 bytes");
  options = {};
  options.limits.cpu = std::chrono::milliseconds(200);
  CHECK(cluster.execute(1, muster::shell("while :; do :; done"), options).wait().describe() ==
        "limit: CPU time of 200 ms");
  options = {};
  options.deadline = std::chrono::milliseconds(200);
  const Outcome stopped = cluster.execute(1, muster::shell("sleep 1234"), options).wait();
  CHECK(stopped.kind == Outcome::Kind::kTimedOut);
  CHECK(stopped.usage.stop.count() > 0);
  options = {};
  options.leftovers = muster::Leftovers::kReap;
  const std::string leaves = "setsid sleep 1234 > /dev/null 2>&1 & sleep 0.2";
  const Outcome reaped = cluster.execute(1, muster::shell(leaves), options).wait();
  CHECK(reaped.usage.left == 0);
  CHECK(reaped.usage.reaped > 0);
}

TEST_CASE("the check is truthy when all nodes answer, and says who they are") {
  const ClusterAPI cluster = Local(3);
  const auto begin = Clock::now();
  const muster::ClusterCheck check = cluster.clustercheck();
  CHECK(static_cast<bool>(check));
  CHECK(SecondsSince(begin) < 2 * Slack());
  REQUIRE(check.nodes.size() == 3);
  CHECK(cluster.getClusterLength() == 3);
  for (int i = 0; i < 3; ++i) {
    const muster::NodeCheck& node = check.nodes[static_cast<std::size_t>(i)];
    CHECK(node.node.index == i + 1);
    CHECK(node.node.name == "n" + std::to_string(i + 1));
    CHECK_THAT(node.node.address, Contains("unix:/") && Contains(node.node.name + ".sock"));
    CHECK(node.reason.empty());
    CHECK(node.version == muster::version());
    CHECK_THAT(node.python, Contains("3."));
    CHECK(node.pid > 0);
    CHECK(node.cores > 0);
  }
}

TEST_CASE("a target that names no node is refused with the names, and nothing runs") {
  ClusterAPI cluster = Local(3);
  for (const int index : {0, -1, 4, 9}) {
    const Outcome outcome = cluster.execute(index, muster::shell("exit 1")).wait();
    CHECK(outcome.kind == Outcome::Kind::kRefused);
    CHECK(outcome.reason ==
          "there is no server " + std::to_string(index) + ": servers are 1 to 3 (n[1-3])");
    CHECK(outcome.node.empty());
  }
  CHECK(cluster.execute("n9", "1").wait().describe() ==
        "refused: there is no node \"n9\": nodes are n[1-3]");
  CHECK(cluster.execute("", "1").wait().kind == Outcome::Kind::kRefused);
  CHECK(cluster.execute("n3", "1+1").wait().value().text() == "2");
}

TEST_CASE("what no node could run is refused with the limit") {
  ClusterAPI cluster = Local(1);
  CHECK_THAT(cluster.execute(1, "").wait().describe(), Contains("refused: the command is empty"));
  CHECK_THAT(cluster.execute(1, muster::python(std::string(4u << 20, ' ') + "1")).wait().describe(),
             Contains("at most 3145728") && Contains("nothing was sent to n1"));
  CHECK_THAT(cluster.execute(1, muster::argv({"true", std::string(131072, 'x')})).wait().describe(),
             Contains("at most 131071"));
  CHECK(cluster.execute(1, muster::argv({"true", std::string(131071, 'x')})).wait().ok());
  const std::string comment = "#" + std::string((3u << 20) - 10, 'x') + "\n";
  CHECK(cluster.execute(1, comment + "6*7").wait().value().text() == "42");
  CHECK(cluster.execute(1, muster::shell(comment + "exit 7")).wait().exit_code == 7);
}

TEST_CASE("a failure says what failed and where") {
  ClusterAPI cluster = Local(1);
  const Outcome division = cluster.execute(1, "def f():\n  return 1/0\nf()").wait();
  CHECK(division.describe() == "failed: ZeroDivisionError: division by zero (line 2)");
  REQUIRE(division.exception.has_value());
  CHECK_THAT(division.exception->traceback, Contains("return 1/0"));
  CHECK_THAT(cluster.execute(1, "a b").wait().describe(),
             Contains("failed: SyntaxError: ") && Contains("line 1"));
  CHECK(cluster.execute(1, muster::shell("exit 3")).wait().exit_code == 3);
  CHECK(cluster.execute(1, muster::shell("kill -SEGV $$")).wait().describe() ==
        "signalled: SIGSEGV (signal 11)");
  CHECK(cluster.execute(1, muster::argv({"/nowhere/program"})).wait().kind ==
        Outcome::Kind::kStartFailed);
}

TEST_CASE("options arrive: directory, environment, form, deadline") {
  ClusterAPI cluster = Local(1);
  muster::ExecuteOptions options;
  options.directory = "/";
  options.environment = {{"GREETING", "a b'c"}};
  Call call =
      cluster.execute(1, muster::shell("pwd; echo \"$GREETING\"; echo $MUSTER_NODE"), options);
  std::string text;
  for (const muster::Event& event : call) text += event.data;
  CHECK(text == "/\na b'c\nn1\n");
  CHECK(cluster.execute(1, muster::python("'x'", muster::Command::Form::kStr))
            .wait()
            .value()
            .text() == "x");
  muster::ExecuteOptions deadline;
  deadline.deadline = std::chrono::milliseconds(300);
  deadline.grace = std::chrono::milliseconds(200);
  const auto begin = Clock::now();
  CHECK(cluster.execute(1, muster::shell("sleep 30"), deadline).wait().kind ==
        Outcome::Kind::kTimedOut);
  CHECK(SecondsSince(begin) < 0.5 * Slack() + 0.5);
}

TEST_CASE("a node that died is named, and the others' results are there") {
  ClusterAPI cluster = Local(3);
  const muster::ClusterCheck before = cluster.clustercheck();
  REQUIRE(before);
  ::kill(static_cast<pid_t>(before.nodes[1].pid), SIGKILL);
  const auto begin = Clock::now();
  std::vector<Call> calls;
  for (int i = 1; i <= 3; ++i) calls.push_back(cluster.execute(i, "6*7"));
  CHECK(calls[0].wait().value().text() == "42");
  CHECK(calls[2].wait().value().text() == "42");
  CHECK_FALSE(calls[1].wait().ok());
  CHECK_THAT(calls[1].wait().describe(), Contains("n2"));
  CHECK(SecondsSince(begin) < 5);
  const muster::ClusterCheck after = cluster.clustercheck();
  CHECK_FALSE(after);
  CHECK(after.nodes[0].functional);
  CHECK_FALSE(after.nodes[1].functional);
  CHECK_THAT(after.nodes[1].reason, Contains("cannot reach n2 at unix:"));
  CHECK(cluster.execute(2, "1").wait().kind == Outcome::Kind::kUnreachable);
}

TEST_CASE("a daemon killed in the middle is lost, not a hang") {
  ClusterAPI cluster = Local(2);
  Call call = cluster.execute(1, muster::shell("echo begun; sleep 1234"));
  Call other = cluster.execute(2, muster::shell("sleep 0.5; echo done"));
  REQUIRE(call.next().has_value());
  const auto begin = Clock::now();
  ::kill(static_cast<pid_t>(cluster.clustercheck().nodes[0].pid), SIGKILL);
  CHECK_THAT(call.wait().describe(), Contains("lost: n1 broke the connection before the outcome"));
  CHECK(SecondsSince(begin) < 2 * Slack());
  CHECK(other.next()->data == "done\n");
  CHECK(other.wait().ok());
}

TEST_CASE("many threads execute at once, and each gets its own answers") {
  ClusterAPI cluster = Local(3);
  std::vector<std::string> wrong(8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&cluster, &wrong, t] {
      for (int i = 0; i < 20; ++i) {
        const int number = t * 1000 + i;
        Call call = cluster.execute(1 + (t + i) % 3, std::to_string(number) + "+1");
        if (call.wait().value().text() != std::to_string(number + 1)) {
          wrong[static_cast<std::size_t>(t)] += call.wait().describe() + "\n";
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : wrong) CHECK(text == "");
}

TEST_CASE("calls live on when the handle of the cluster moves") {
  ClusterAPI cluster = Local(1);
  Call call = cluster.execute(1, muster::shell("sleep 0.3; exit 5"));
  ClusterAPI moved = std::move(cluster);
  CHECK(call.wait().exit_code == 5);
  CHECK(moved.execute(1, "1").wait().ok());
}

TEST_CASE("the last handle takes its value along uncopied, and one of several leaves it") {
  ClusterAPI cluster = Local(1);
  constexpr std::size_t kBytes = 9'000'001;
  const std::string source = "'ab'*4500000+'c'";
  Call call = cluster.execute(1, muster::python(source, muster::Command::Form::kStr));
  {
    Call other = call;
    const Outcome copied = std::move(other).wait();
    CHECK(copied.value().text().size() == kBytes);
  }
  const std::string& text = call.wait().value().text();
  const char* where = text.data();
  REQUIRE(text.size() == kBytes);
  CHECK(text.compare(kBytes - 5, 5, "ababc") == 0);
  const Outcome taken = std::move(call).wait();
  CHECK(taken.value().text().data() == where);
}

TEST_CASE("a call that runs when its embedded cluster ends is told so") {
  std::optional<ClusterAPI> cluster = Local(1);
  Call call = cluster->execute(1, muster::shell("echo begun; sleep 1234"));
  REQUIRE(call.next().has_value());
  cluster.reset();
  const Outcome::Kind kind = call.wait().kind;
  CHECK((kind == Outcome::Kind::kLost || kind == Outcome::Kind::kCancelled));
}
