// A command that waits for its standard input, and the word of it.
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "client/ClusterAPI.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::Event;
using muster::ExecuteOptions;
using muster::Outcome;
using muster::Terminal;
using muster::test::Slack;

namespace {

ExecuteOptions TellsWaiting() {
  ExecuteOptions options;
  options.tells_waiting = true;
  return options;
}

// Reads until it waits; what it printed until then. None: it ended, or was silent too long.
std::optional<std::string> UntilItWaits(Call& call) {
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::seconds(5) * Slack());
  std::string out;
  std::optional<Event> event;
  while (call.next_for(time, &event) && event) {
    if (event->stream == Event::Stream::kWaiting) return out;
    out += event->data;
  }
  return std::nullopt;
}

std::string Rest(Call& call) {
  std::string out;
  for (const Event& event : call) out += event.data;
  return out;
}

}  // namespace

TEST_CASE("a command says that it waits, once for each line, after what it printed before") {
  auto cluster = ClusterAPI::local(1);
  REQUIRE(cluster.ok());
  Call call = cluster->interact(
      1, muster::shell("echo first; read a; echo \"got $a\"; read b; echo \"then $b\""),
      TellsWaiting());
  CHECK(UntilItWaits(call) == "first\n");
  std::optional<Event> event;
  CHECK_FALSE(call.next_for(std::chrono::milliseconds(500), &event));
  CHECK(call.write("one\n"));
  CHECK(UntilItWaits(call) == "got one\n");
  CHECK(call.write("two\n"));
  CHECK(Rest(call) == "then two\n");
  CHECK(call.wait().ok());
}

TEST_CASE("whoever reads, and however: a child, Python, a terminal") {
  auto cluster = ClusterAPI::local(1);
  REQUIRE(cluster.ok());
  const auto waits = [&](const muster::Command& command, std::optional<Terminal> terminal = {}) {
    Call call = cluster->interact(1, command, TellsWaiting(), terminal);
    const bool does = UntilItWaits(call).has_value();
    call.cancel(std::chrono::milliseconds(0));
    call.wait();
    return does;
  };
  CHECK(waits(muster::shell("(sleep 0.1; cat) | sort")));
  CHECK(waits(muster::shell("sh -c 'sh -c \"read x\"'")));
  CHECK(waits(muster::python("input('name? ')")));
  CHECK(waits(muster::argv({"cat"})));
  CHECK(waits(muster::shell("read x"), Terminal()));
  CHECK(waits(muster::shell("read x < /dev/tty"), Terminal()));
  CHECK(waits(muster::argv({"python3", "-c", "import select; select.select([0], [], [])"})));
  CHECK(waits(muster::argv({"python3", "-c",
                            "import select; p = select.poll(); p.register(0, select.POLLIN); "
                            "p.poll()"})));
}

TEST_CASE("what waits for something else does not wait for input") {
  auto cluster = ClusterAPI::local(1);
  REQUIRE(cluster.ok());
  const auto is_silent = [&](const std::string& line) {
    Call call = cluster->interact(1, muster::shell(line), TellsWaiting());
    std::optional<Event> event;
    const bool is = !call.next_for(std::chrono::milliseconds(700), &event);
    call.cancel(std::chrono::milliseconds(0));
    call.wait();
    return is;
  };
  CHECK(is_silent("sleep 100"));
  CHECK(is_silent("while :; do :; done"));
  CHECK(is_silent("sleep 100 | cat"));
  CHECK(is_silent("sleep 100 | (read x; echo \"$x\")"));
}

TEST_CASE("at the end of its input nothing waits; unasked, nothing is told") {
  auto cluster = ClusterAPI::local(1);
  REQUIRE(cluster.ok());
  Call ended = cluster->interact(1, muster::argv({"cat"}), TellsWaiting());
  CHECK(ended.write("all\n"));
  ended.close_input();
  CHECK(Rest(ended) == "all\n");
  Call unasked = cluster->interact(1, muster::shell("read x"));
  std::optional<Event> event;
  CHECK_FALSE(unasked.next_for(std::chrono::milliseconds(500), &event));
  unasked.cancel(std::chrono::milliseconds(0));
  unasked.wait();
}

TEST_CASE("several nodes at once, each with its rank; refused where it has no meaning") {
  auto cluster = ClusterAPI::local(3);
  REQUIRE(cluster.ok());
  std::vector<Call> calls = cluster->interact(
      std::vector<muster::Target>{"*"},
      muster::shell("read x; echo $MUSTER_NODE $MUSTER_RANK of $MUSTER_SIZE: $x"), TellsWaiting());
  REQUIRE(calls.size() == 3);
  for (Call& call : calls) CHECK(UntilItWaits(call) == "");
  for (Call& call : calls) CHECK(call.write("hello\n"));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(Rest(calls[i]) ==
          "n" + std::to_string(i + 1) + " " + std::to_string(i) + " of 3: hello\n");
  }
  CHECK_THAT(cluster->execute(1, "1", TellsWaiting()).wait().reason, Contains("interact()"));
  ExecuteOptions options = TellsWaiting();
  options.session = "s";
  CHECK_THAT(cluster->interact(1, muster::shell("read x"), options).wait().reason,
             Contains("no session"));
}
