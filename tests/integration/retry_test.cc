// ExecuteOptions::retries, idempotent and input, against real daemons that come and go.
#include <ClusterAPI.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using Catch::EndsWith;
using muster::Call;
using muster::ExecuteOptions;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Eventually;
using muster::test::ReadFile;
using muster::test::Slack;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Kind = Outcome::Kind;

namespace {

// Leaves a line in the file "tries" of the folder, then waits until there is a file "go".
muster::Command TellAndWait(const ClusterFixture& node) {
  const std::string folder = node.folder().path();
  return muster::shell("echo try >> " + folder + "/tries; echo out; until [ -e " + folder +
                       "/go ]; do sleep 0.05; done; echo done");
}

std::string Tries(const ClusterFixture& node) { return ReadFile(node.folder().path() + "/tries"); }

std::string OutputOf(Call& call) {
  std::string output;
  for (const muster::Event& event : call) output += event.data;
  return output;
}

}  // namespace

TEST_CASE("a call waits for a node that comes back") {
  ClusterFixture node(1);
  for (const muster::Command& command : {muster::Command("1+1"), muster::shell("echo 2")}) {
    node.Kill(1);
    Call call = node.cluster().execute(1, command, {.retries = 100});
    CHECK(call.wait_for(milliseconds(500)) == nullptr);
    CHECK(node.cluster().execute(1, command).wait().kind == Kind::kUnreachable);
    node.Restart(1);
    const Outcome outcome = std::move(call).wait();
    INFO(outcome.describe());
    CHECK(outcome.ok());
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("retries end, and the reason says how many tries there were") {
  ClusterFixture node(1);
  node.Kill(1);
  const auto begin = Clock::now();
  const Outcome outcome = node.cluster().execute(1, "1+1", {.retries = 2}).wait();
  const auto took = Clock::now() - begin;
  CHECK(outcome.kind == Kind::kUnreachable);
  CHECK_THAT(outcome.reason, EndsWith("; this was try 3"));
  CHECK(took >= milliseconds(300));  // pauses of 0.1 and 0.2 s
  node.Restart(1);
}

TEST_CASE("what was lost in the middle runs again only when that does no harm") {
  const bool is_idempotent = GENERATE(false, true);
  ClusterFixture node(1);
  Call call =
      node.cluster().execute(1, TellAndWait(node), {.retries = 100, .idempotent = is_idempotent});
  CHECK(call.next().has_value());
  const std::string first_id = call.id();
  node.Restart(1);
  if (is_idempotent) {
    CHECK(Eventually([&] { return Tries(node) == "try\ntry\n"; }));
    CHECK(call.id() != first_id);
  }
  node.folder().Write("go", "");
  const std::string rest = OutputOf(call);
  const Outcome& outcome = call.wait();
  INFO(outcome.describe());
  CHECK(outcome.kind == (is_idempotent ? Kind::kOk : Kind::kLost));
  CHECK(rest == (is_idempotent ? "out\ndone\n" : ""));
  CHECK(Tries(node) == (is_idempotent ? "try\ntry\n" : "try\n"));
  CHECK(node.EndsCleanly());
}

TEST_CASE("a failure of the command itself is no reason for another try") {
  ClusterFixture node(1);
  Call call = node.cluster().execute(
      1, muster::shell("echo try >> " + node.folder().path() + "/tries; exit 3"),
      {.retries = 5, .idempotent = true});
  CHECK(call.wait().exit_code == 3);
  CHECK(Tries(node) == "try\n");
  CHECK(node.EndsCleanly());
}

TEST_CASE("a call that waits between two tries is cancelled at once") {
  ClusterFixture node(1);
  node.Kill(1);
  Call call = node.cluster().execute(1, "1+1", {.retries = 100});
  CHECK(call.wait_for(milliseconds(1500)) == nullptr);  // it is in a pause of a second now
  const auto begin = Clock::now();
  call.cancel();
  CHECK(call.wait().kind == Kind::kCancelled);
  CHECK(Clock::now() - begin < milliseconds(500) * Slack());
  // And one whose handle goes ends, too: nothing is sent once the node is back.
  node.cluster().execute(1, muster::shell("echo try >> " + node.folder().path() + "/tries"),
                         {.retries = 100});
  node.Restart(1);
  CHECK(node.cluster().execute(1, "1+1", {.retries = 100}).wait().ok());
  std::this_thread::sleep_for(milliseconds(500));
  CHECK(Tries(node) == "");
  CHECK(node.EndsCleanly());
}

TEST_CASE("a cancel in the middle of a try stops the command and ends the tries") {
  ClusterFixture node(1);
  Call call = node.cluster().execute(1, TellAndWait(node), {.retries = 100, .idempotent = true});
  CHECK(call.next().has_value());
  call.cancel(milliseconds(0));
  CHECK(call.wait().kind == Kind::kCancelled);
  CHECK(Tries(node) == "try\n");
  CHECK(node.EndsCleanly());
}

TEST_CASE("what a try prints comes whole, however slow its reader, and the next try's after it") {
  ClusterFixture node(1);
  const std::string flag = node.folder().path() + "/second";
  // The first try prints for ever, the second 3 MB.
  Call call = node.cluster().execute(
      1,
      muster::shell("if [ -e " + flag + " ]; then head -c 3000000 /dev/zero; else : > " + flag +
                    "; yes; fi"),
      {.retries = 100, .idempotent = true});
  CHECK(call.next()->data.substr(0, 4) == "y\ny\n");
  std::this_thread::sleep_for(milliseconds(300));  // what nobody reads has filled its room by now
  node.Restart(1);
  std::size_t zeros = 0;
  bool is_second = false;
  bool is_in_order = true;
  while (const auto event = call.next()) {
    const bool has_zeros = event->data.front() == '\0';
    is_in_order = is_in_order && (has_zeros || !is_second);
    is_second = is_second || has_zeros;
    zeros += has_zeros ? event->data.size() : 0;
  }
  CHECK(call.wait().ok());
  CHECK(is_in_order);
  CHECK(zeros == 3'000'000);
  CHECK(node.EndsCleanly());
}

TEST_CASE("hundreds of calls outlive a daemon that is restarted again and again") {
  ClusterFixture node(1);
  const int count = 400;
  std::vector<Call> calls;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    calls.push_back(node.cluster().execute(1,
                                           i % 8 == 0 ? muster::shell("sleep 0.02; echo " + n)
                                                      : "import time; time.sleep(0.002); " + n,
                                           {.retries = 100, .idempotent = true}));
  }
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    node.Restart(1);
  }
  for (int i = 0; i < count; ++i) {
    Call& call = calls[static_cast<std::size_t>(i)];
    const std::string output = OutputOf(call);
    INFO(i << ": " << call.wait().describe());
    CHECK(call.wait().ok());
    if (i % 8 == 0) {
      CHECK_THAT(output, EndsWith(std::to_string(i) + "\n"));
    } else {
      CHECK(call.wait().value().text() == std::to_string(i));
    }
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("pieces of an input arrive from where they lie, and are let go") {
  ClusterFixture node(1);
  auto kept =
      std::make_shared<const std::string>(std::string(1'000'000, 'a') + std::string(9, 'b'));
  const std::string expected = "first " + *kept;
  const std::weak_ptr<const std::string> watched = kept;
  ExecuteOptions options{.input = "first "};
  const std::string_view whole = *kept;
  options.input_pieces = {{whole.substr(0, 100'000), "", whole.substr(100'000)}, std::move(kept)};
  Call call = node.cluster().execute(1, muster::argv({"cat"}), options);
  options = {};
  CHECK(OutputOf(call) == expected);
  CHECK(call.wait().usage.input_bytes == expected.size());
  CHECK(Eventually([&] { return watched.expired(); }));
}

TEST_CASE("a call's whole input arrives, of any size, and again with each try") {
  ClusterFixture node(1);
  for (const std::size_t size : {std::size_t{1}, std::size_t{32767}, std::size_t{65536},
                                 std::size_t{65537}, std::size_t{20'000'000}}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
    Call call = node.cluster().execute(1, muster::argv({"cat"}), {.input = bytes});
    INFO(size);
    CHECK(OutputOf(call) == bytes);
    CHECK(call.wait().usage.input_bytes == size);
  }
  const auto python = node.cluster().execute(1, "input() + input()", {.input = "a\nb\n"}).wait();
  CHECK(python.value().text() == "'ab'");
  CHECK(node.cluster().execute(1, muster::shell("cat | wc -c")).wait().ok());
  // Nobody reads it: the command ends all the same.
  CHECK(node.cluster()
            .execute(1, muster::argv({"true"}), {.input = std::string(9 << 20, 'x')})
            .wait()
            .ok());

  const std::string flag = node.folder().path() + "/second";
  Call again = node.cluster().execute(
      1,
      muster::shell("if [ -e " + flag + " ]; then cat; else read line; echo $line; : > " + flag +
                    "; sleep 600; fi"),
      {.input = "first\nsecond\n", .retries = 100, .idempotent = true});
  CHECK(again.next()->data == "first\n");
  CHECK(Eventually([&] { return ::access(flag.c_str(), F_OK) == 0; }));
  node.Restart(1);
  CHECK(OutputOf(again) == "first\nsecond\n");
  CHECK(again.wait().ok());
  CHECK(node.EndsCleanly());
}

TEST_CASE("options that do not go together are refused by name") {
  ClusterFixture node(1);
  const auto why = [&](const ExecuteOptions& options) {
    const Outcome outcome = node.cluster().execute(1, "1+1", options).wait();
    CHECK(outcome.kind == Kind::kRefused);
    return outcome.reason;
  };
  CHECK_THAT(why({.retries = -1}), Contains("the number of retries is -1; it has to be 0 to 100"));
  CHECK_THAT(why({.retries = 101}), Contains("the number of retries is 101"));
  CHECK_THAT(why({.retries = 1, .id = "00000000000000000000000000000001-1"}),
             Contains("retries and an id"));
  const auto interact = [&](const ExecuteOptions& options) {
    return node.cluster().interact(1, muster::argv({"cat"}), options).wait().reason;
  };
  CHECK_THAT(interact({.input = "x"}), Contains("the option input is for execute()"));
  CHECK_THAT(interact({.retries = 1}), Contains("the option retries is for execute()"));
  CHECK(node.EndsCleanly());
}
