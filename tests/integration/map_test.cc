// One command for many items over real daemons: every item has one result, whatever happens to a
// node; and nobody waits, hoards or grows.
#include <ClusterAPI.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <thread>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Item;
using muster::Map;
using muster::MapOptions;
using muster::MapProgress;
using muster::MapResult;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Rounds;
using muster::test::Slack;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Kind = Outcome::Kind;

namespace {

std::vector<Item> Numbers(int count) {
  std::vector<Item> items;
  for (int i = 0; i < count; ++i) items.emplace_back(i);
  return items;
}

}  // namespace

TEST_CASE("every item has its result, by whichever node") {
  ClusterFixture node(3, {"--workers", "2"});
  std::map<std::string, int> by_node;
  std::set<std::size_t> seen;
  const int count = 3000;
  for (const MapResult& result : node.cluster().map("{} * {}", Numbers(count))) {
    CHECK(seen.insert(result.index).second);
    CHECK(result.outcome.value().text() == std::to_string(result.index * result.index));
    ++by_node[result.outcome.node];
  }
  CHECK(seen.size() == count);
  REQUIRE(by_node.size() == 3);
  CHECK(node.EndsCleanly());
}

TEST_CASE("results come in the order of the items when that is asked for") {
  ClusterFixture node(2, {"--workers", "4"});
  MapOptions options;
  options.in_order = true;
  std::size_t next = 0;
  Map map = node.cluster().map("import time, random\ntime.sleep(random.random() / 50)\n{}",
                               Numbers(300), options);
  while (const auto result = map.next()) {
    CHECK(result->index == next);
    CHECK(result->outcome.value().text() == std::to_string(next));
    ++next;
  }
  CHECK(next == 300);
  CHECK_FALSE(map.next().has_value());
  CHECK(node.EndsCleanly());
}

TEST_CASE("items of every type stand in the template as they are") {
  ClusterFixture node(1);
  const std::string odd = "a'b\"c\\d\n\t\r{}\x7f \xc3\xa9\xf0\x9f\x98\x80 \xff\xed\xb2\x80";
  const std::vector<std::pair<Item, std::string>> cases = {
      {1, "1"},
      {-7L, "-7"},
      {std::uint64_t{18446744073709551615u}, "18446744073709551615"},
      {'x', "120"},
      {true, "True"},
      {0.1, "0.1"},
      {1e300, "1e+300"},
      {2.0, "2.0"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::quiet_NaN(), "nan"},
      {"", "''"},
      {"it's", "\"it's\""},
      {std::vector<Item>{1, "b", std::vector<Item>{}}, "[1, 'b', []]"},
      {Item::bytes(std::string("\0\xff'\\", 4)), "b\"\\x00\\xff'\\\\\""},
      {Item::literal("[n * 2 for n in range(3)]"), "[0, 2, 4]"},
  };
  std::vector<Item> items;
  for (const auto& [item, text] : cases) items.push_back(item);
  for (const MapResult& result : node.cluster().map("{}", items)) {
    CHECK(result.outcome.value().text() == cases[result.index].second);
  }
  // What is no UTF-8 is the surrogate that os.fsdecode() makes of it, and a surrogate stays one.
  const auto back =
      node.cluster()
          .execute(1, muster::python("import os; os.fsencode(" + Item(odd).python() + ")",
                                     muster::Command::Form::kData))
          .wait();
  REQUIRE(back.value().as_bytes().ok());
  CHECK(*back.value().as_bytes() == odd.substr(0, odd.size() - 3) + "\x80");
  for (const MapResult& echoed :
       node.cluster().map(muster::shell("printf %s {}"), {"it's; $HOME *", "a b"})) {
    CHECK(echoed.outcome.ok());
    CHECK(echoed.outcome.usage.stdout_bytes == (echoed.index == 0 ? 13 : 3));
  }
  for (const MapResult& echoed :
       node.cluster().map(muster::argv({"test", "{}", "=", "$HOME"}), {"$HOME"})) {
    CHECK(echoed.outcome.ok());
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("what cannot be done is told by every item, before anything runs") {
  ClusterFixture node(2);
  const auto reasons = [&](const muster::Command& command, const MapOptions& options = {}) {
    std::vector<std::string> told;
    for (const MapResult& result : node.cluster().map(command, Numbers(3), options)) {
      CHECK(result.outcome.kind == Kind::kRefused);
      told.push_back(result.outcome.reason);
    }
    CHECK(told.size() == 3);
    return told.front();
  };
  CHECK_THAT(reasons("1 + 1"), Contains("has no {}"));
  CHECK_THAT(reasons("d = {1: {}}"), Contains("byte 5") && Contains("written {{"));
  CHECK_THAT(reasons("f({}) }"), Contains("byte 7") && Contains("written }}"));
  MapOptions nowhere;
  nowhere.targets = "n9";
  CHECK_THAT(reasons("{}", nowhere), Contains("n9"));
  CHECK(node.cluster().map("{}", std::vector<Item>{}).next() == std::nullopt);
  for (const MapResult& result : node.cluster().map("{{{}: 1}}", {5})) {
    CHECK(result.outcome.value().text() == "{5: 1}");
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("an iterator is read as far as there is room, in bounded memory") {
  ClusterFixture node(1, {"--workers", "2"});
  const int count = Rounds(1'000'000);
  int asked = 0;
  int taken = 0;
  int furthest = 0;
  const auto source = [&]() -> std::optional<Item> {
    if (asked == count) return std::nullopt;
    return Item(asked++);
  };
  MapOptions options;
  options.in_order = true;
  const auto begin = Clock::now();
  for (const MapResult& result : node.cluster().map("{} + 1", source, options)) {
    CHECK(result.outcome.ok());
    furthest = std::max(furthest, asked - ++taken);
  }
  CHECK(taken == count);
  CHECK(furthest <= 2048);
  std::cout << count << " items in " << std::chrono::duration<double>(Clock::now() - begin).count()
            << " s, " << furthest << " ahead at most" << std::endl;
  CHECK(node.EndsCleanly());
}

TEST_CASE("idempotent work moves away from a node that dies") {
  ClusterFixture node(3, {"--workers", "2"});
  const int count = 2000;
  MapOptions options;
  options.idempotent = true;
  int done = 0;
  std::set<std::size_t> seen;
  for (const MapResult& result :
       node.cluster().map("import time\ntime.sleep(0.002)\n{}", Numbers(count), options)) {
    INFO(result.outcome.describe());
    CHECK(result.outcome.ok());
    seen.insert(result.index);
    if (++done == 200) ::kill(node.pid(2), SIGKILL);
  }
  CHECK(seen.size() == count);
}

TEST_CASE("work that is not idempotent is told as lost, item by item, and none runs twice") {
  ClusterFixture node(3, {"--workers", "2"});
  const std::string log = node.folder().path() + "/log";
  const int count = 1000;
  int lost = 0;
  int good = 0;
  int done = 0;
  std::set<std::size_t> seen;
  for (const MapResult& result : node.cluster().map(
           "import os, time\nf = os.open('" + log +
               "', 1089, 384)\nos.write(f, b'%d\\n' % {})\nos.close(f)\ntime.sleep(0.005)",
           Numbers(count))) {
    INFO(result.outcome.describe());
    CHECK(seen.insert(result.index).second);
    const bool is_lost = result.outcome.kind == Kind::kLost;
    CHECK((result.outcome.ok() || (is_lost && result.outcome.node == "n2")));
    (is_lost ? lost : good) += 1;
    if (++done == 100) ::kill(node.pid(2), SIGKILL);
  }
  CHECK(seen.size() == count);
  CHECK(lost + good == count);
  CHECK(lost >= 1);
  CHECK(lost < 100);
  std::multiset<std::string> begun;
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);) begun.insert(line);
  CHECK(begun.size() == std::set<std::string>(begun.begin(), begun.end()).size());
  CHECK(begun.size() >= static_cast<std::size_t>(good));
}

TEST_CASE("a map on nodes that are not there says so for every item, and ends") {
  ClusterFixture node(2);
  for (const int each : {1, 2}) ::kill(node.pid(each), SIGKILL);
  const auto begin = Clock::now();
  int unreachable = 0;
  for (const MapResult& result : node.cluster().map("{}", Numbers(100))) {
    unreachable += result.outcome.kind == Kind::kUnreachable ? 1 : 0;
  }
  CHECK(unreachable == 100);
  CHECK(Clock::now() - begin < milliseconds(static_cast<int>(20'000 * Slack())));
}

TEST_CASE("a map that is cancelled, or dropped, leaves nothing running") {
  ClusterFixture node(2, {"--workers", "2"});
  MapOptions options;
  options.each.grace = milliseconds(200);
  std::vector<MapProgress> told;
  options.progress = [&](const MapProgress& progress) { told.push_back(progress); };
  Map map = node.cluster().map("import time\ntime.sleep({} and 600)", Numbers(5000), options);
  CHECK(map.next()->index == 0);
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(300));
    map.cancel();
  });
  int cancelled = 0;
  while (const auto result = map.next()) {
    CHECK(result->outcome.kind == Kind::kCancelled);
    ++cancelled;
  }
  canceller.join();
  CHECK(cancelled > 0);
  CHECK(cancelled < 100);
  REQUIRE(told.size() >= 2);
  CHECK(told.back().running == 0);
  CHECK(told.back().done == static_cast<std::size_t>(cancelled) + 1);
  CHECK(told.back().failed == static_cast<std::size_t>(cancelled));
  CHECK(told.back().total == 5000);
  {
    Map dropped = node.cluster().map("import time\ntime.sleep({} and 600)", Numbers(50), options);
    CHECK(dropped.next()->index == 0);
  }
  CHECK(node.EndsCleanly());
}
