// Python that writes over the memory which its worker shares with the daemon, or forges what the
// worker would say there: it may harm its own outcome, and nothing else.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::Outcome;
using muster::test::ClusterFixture;
using muster::test::Eventually;
using muster::test::Rounds;
using muster::test::Slack;
using muster::test::WorkersOf;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Kind = Outcome::Kind;

namespace {

// Where the page and the two rings are (server/spawner/worker_channel.cc, shared_ring.h), and how a
// record of the worker's comes into the second one.
constexpr char kTools[] = R"(
import ctypes, os, random, stat, struct, time
lines = [line.split() for line in open('/proc/self/maps') if 'memfd:muster-worker' in line]
assert lines
offsets = sorted({int(line[2], 16) for line in lines})
def place(offset):
    ranges = [[int(end, 16) for end in line[0].split('-')] for line in lines
              if int(line[2], 16) == offset]
    return min(r[0] for r in ranges), ranges[0][1] - ranges[0][0]
page, requests, results = [place(offset) for offset in offsets]
def number(at):
    return ctypes.c_uint64.from_address(at)
def ticket():
    return number(requests[0] + number(page[0] + 64).value % requests[1] + 8).value
def say(kind, flags=0, code=0, wall=0, cpu=0, payload=b'', of=None, whole=0):
    body = struct.pack('<QBBHIQQQ', ticket() if of is None else of, kind, flags, code, 0, wall, cpu,
                       whole)
    body += payload
    head = number(page[0] + 256)
    ctypes.memmove(results[0] + head.value % results[1], struct.pack('<II', len(body), 0) + body,
                   8 + len(body))
    head.value += (len(body) + 15) & ~7
def wake(word=b'w'):
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, word)
        except OSError:
            pass
def scribble(area, times):
    for i in range(times):
        ctypes.c_uint8.from_address(area[0] + random.randrange(area[1])).value = random.randrange(256)
)";

struct Forgery {
  const char* name;
  const char* source;
};

// Each is given a moment at most; what it says of itself may be anything.
constexpr Forgery kForgeries[] = {
    {"noise over the page", "scribble(page, 4096); wake()"},
    {"noise over the first half of the page", "scribble((page[0], 512), 64); wake()"},
    {"noise over the requests", "scribble(requests, 20000); wake()"},
    {"noise over the results", "scribble(results, 20000); wake()"},
    {"zeros everywhere",
     "for area in (page, requests, results): ctypes.memset(area[0], 0, area[1])\nwake()"},
    {"ones everywhere",
     "for area in (page, requests, results): ctypes.memset(area[0], 255, area[1])\nwake()"},
    {"an end with the longest of times", "say(3, 0, 65535, 2**64 - 1, 2**64 - 1); wake()"},
    {"an end of another's", "say(3, of=12345); wake()"},
    {"many ends", "for i in range(1000): say(3)\nwake()"},
    {"pieces without end", "for i in range(2000): say(1, payload=b'x' * 100)\nwake()"},
    {"a value that is said to be without end",
     "for i in range(30): say(1, payload=b'x' * 100000, whole=2**64 - 1)\nwake()"},
    {"a piece longer than any may be", "say(1, payload=b'x' * 500000); wake()"},
    {"an exception that is none", "say(2, payload=os.urandom(5000)); say(3); wake()"},
    {"a flood of waiting", "for i in range(5000): say(4)\nwake()"},
    {"an unknown word", "say(77); wake()"},
    {"output that is not there", "say(3, 4); wake()"},
    {"a flood of wakes", "for i in range(1000): wake()"},
};

Call Begin(ClusterFixture& node, const std::string& source) {
  return node.cluster().execute(1, kTools + source);
}

void IsServed(ClusterFixture& node) {
  Call call = node.cluster().execute(1, "6*7");
  const Outcome* outcome = call.wait_for(milliseconds(static_cast<int>(10'000 * Slack())));
  REQUIRE(outcome != nullptr);
  INFO(outcome->describe());
  CHECK(outcome->value().text() == "42");
}

}  // namespace

TEST_CASE("who writes over the memory that its worker shares harms only itself") {
  ClusterFixture node(1, {"--workers", "2"});
  // The tools work: what follows is no harmless error of theirs.
  REQUIRE(Begin(node, "ticket() >= 0").wait().value().text() == "True");
  const int rounds = Rounds(200);
  for (int round = 0; round < rounds; ++round) {
    for (const Forgery& forgery : kForgeries) {
      INFO(forgery.name);
      Call call = Begin(node, forgery.source);
      const Outcome* outcome = call.wait_for(milliseconds(static_cast<int>(15'000 * Slack())));
      if (outcome == nullptr) {
        // It may have made its own worker deaf; a stop helps then, as with any that does not end.
        std::cout << forgery.name << ": had to be stopped" << std::endl;
        call.cancel(milliseconds(200));
        outcome = call.wait_for(milliseconds(static_cast<int>(5'000 * Slack())));
      }
      REQUIRE(outcome != nullptr);
      IsServed(node);
    }
  }
  CHECK(node.cluster().clustercheck().nodes.front().pid == node.pid(1));
  CHECK(node.EndsCleanly());
}

TEST_CASE("what a worker says of an end's figures is believed as far as it can be") {
  ClusterFixture node(1, {"--workers", "1"});
  const Outcome outcome =
      Begin(node, "say(3, 0, 0xff05, 2**64 - 1, 2**64 - 1); wake(); time.sleep(0.5)").wait();
  CHECK(outcome.kind == Kind::kFailed);
  CHECK(outcome.exit_code == 5);
  CHECK(outcome.usage.wall < std::chrono::seconds(10));
  CHECK(outcome.usage.cpu < std::chrono::seconds(10));
  IsServed(node);
  CHECK(node.EndsCleanly());
}

TEST_CASE("a worker that says that it ends and does not is ended") {
  ClusterFixture node(1, {"--workers", "1"});
  // It left processes, it says: its outcome waits for its end.
  Call leaves = Begin(node, "say(3, 8); wake(); time.sleep(600)");
  // Others do not wait for it.
  IsServed(node);
  const Outcome* outcome = leaves.wait_for(milliseconds(static_cast<int>(20'000 * Slack())));
  REQUIRE(outcome != nullptr);
  CHECK(outcome->kind == Kind::kOk);
  CHECK(Begin(node, "say(3); say(5); wake(); time.sleep(600)").wait().ok());
  IsServed(node);
  // The one that serves, and a spare.
  CHECK(Eventually([&] { return WorkersOf(node.pid(1)).size() <= 2; }, std::chrono::seconds(20)));
  CHECK(node.EndsCleanly());
}
