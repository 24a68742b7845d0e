// Many at once and many in a row: everybody gets his own answer, and nothing adds up.
#include <ClusterAPI.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <deque>
#include <iostream>
#include <numeric>
#include <thread>
#include <utility>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::Command;
using muster::test::ClusterFixture;
using muster::test::DescendantsOf;
using muster::test::Eventually;
using muster::test::Rounds;
using Clock = std::chrono::steady_clock;

namespace {

// What waits in allocators and buffers after a warm-up; a leak per execution is seen above it.
constexpr long kMaxGrowthKiB = 1024;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// What the daemon, its spawner and its zygote hold while nothing runs.
struct Held {
  std::vector<long> memory_kib;
  std::vector<int> descriptors;
  std::size_t processes = 0;
};

Held Look(pid_t daemon) {
  Held held{{muster::test::AnonymousKiB(daemon)}, {muster::test::DescriptorsOf(daemon)}, 1};
  for (const auto& process : DescendantsOf(daemon)) {
    held.memory_kib.push_back(muster::test::AnonymousKiB(process.pid));
    held.descriptors.push_back(muster::test::DescriptorsOf(process.pid));
    ++held.processes;
  }
  return held;
}

std::string Text(const Held& held) {
  std::string text = std::to_string(held.processes) + " processes;";
  for (const long kib : held.memory_kib) text += " " + std::to_string(kib) + " KiB";
  for (const int count : held.descriptors) text += ", " + std::to_string(count) + " descriptors";
  return text;
}

// Once the supervisors of what just ended are gone, and nothing more is being closed: the client
// has its outcome before the daemon has put the last descriptor of that execution away.
Held LookWhenQuiet(pid_t daemon) {
  Held held = Look(daemon);
  Eventually([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const Held before = std::exchange(held, Look(daemon));
    return held.processes == before.processes && held.descriptors == before.descriptors;
  });
  return held;
}

// What number `i` brings; each kind of command in turn.
std::string Answer(muster::ClusterAPI& cluster, int i) {
  const std::string n = std::to_string(i);
  if (i % 3 == 0) return cluster.execute(1, n + "+1").wait().value().text();
  Call call = cluster.execute(
      1, i % 3 == 1 ? muster::shell("echo " + n + "; echo e >&2") : muster::argv({"echo", n}));
  std::string out;
  for (const muster::Event& event : call) {
    if (event.stream == muster::Event::Stream::kStdout) out += event.data;
  }
  return call.wait().ok() ? out : call.wait().describe();
}

std::string Expected(int i) {
  return i % 3 == 0 ? std::to_string(i + 1) : std::to_string(i) + "\n";
}

}  // namespace

TEST_CASE("two hundred executions run on one daemon at the same time") {
  constexpr int kCount = 200;
  ClusterFixture node(1);
  const std::string here = node.folder().path() + "/here-";
  const auto begin = Clock::now();
  std::vector<Call> calls;
  for (int i = 0; i < kCount; ++i) {
    // Each waits for the last one to be there.
    calls.push_back(node.cluster().execute(
        1, muster::shell(": > " + here + std::to_string(i) + "; until [ -e " + here + "all ]; do " +
                         "sleep 0.1; done; echo " + std::to_string(i))));
  }
  CHECK(Eventually([&] { return node.cluster().clustercheck().nodes[0].running == kCount; }));
  CHECK(Eventually([&] { return DescendantsOf(node.pid(1)).size() >= 2 * kCount; }));
  std::cout << kCount << " run after " << SecondsSince(begin) << " s";
  node.folder().Write("here-all", "");
  for (int i = 0; i < kCount; ++i) {
    Call& call = calls[static_cast<std::size_t>(i)];
    const std::optional<muster::Event> event = call.next();
    INFO(call.wait().describe());
    CHECK(call.wait().ok());
    REQUIRE(event.has_value());
    CHECK(event->data == std::to_string(i) + "\n");
  }
  std::cout << ", all ended after " << SecondsSince(begin) << " s" << std::endl;
  CHECK(node.EndsCleanly());
}

TEST_CASE("sixty-four clients at once each get their own answers") {
  constexpr int kClients = 64;
  ClusterFixture node(1, {"--workers", "8", "--max-connections-per-user", "128"});
  const int each = Rounds(100);
  std::vector<std::string> wrong(kClients);
  std::vector<std::thread> clients;
  const auto begin = Clock::now();
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      muster::ClusterAPI cluster = node.Connect();
      for (int i = c * each; i < (c + 1) * each; ++i) {
        const std::string answer = Answer(cluster, i);
        if (answer != Expected(i)) wrong[static_cast<std::size_t>(c)] += answer + "; ";
      }
    });
  }
  for (std::thread& client : clients) client.join();
  for (const std::string& text : wrong) CHECK(text == "");
  std::cout << kClients << " clients, " << each << " executions each, in " << SecondsSince(begin)
            << " s" << std::endl;
  CHECK(node.EndsCleanly());
}

TEST_CASE("thousands in a row leave memory, descriptors and processes as they were") {
  ClusterFixture node(1);
  const int count = Rounds(10'000);
  for (int i = 0; i < 300; ++i) REQUIRE(Answer(node.cluster(), i) == Expected(i));
  const Held before = LookWhenQuiet(node.pid(1));
  const auto begin = Clock::now();
  int wrong = 0;
  for (int i = 0; i < count; ++i) wrong += Answer(node.cluster(), i) == Expected(i) ? 0 : 1;
  const double took = SecondsSince(begin);
  const Held after = LookWhenQuiet(node.pid(1));
  std::cout << count << " in a row in " << took << " s\n  before: " << Text(before)
            << "\n  after:  " << Text(after) << std::endl;
  CHECK(wrong == 0);
  CHECK(after.processes == before.processes);
  CHECK(after.descriptors == before.descriptors);
  if (muster::test::kMemoryMeansSomething && after.processes == before.processes) {
    for (std::size_t i = 0; i < after.memory_kib.size(); ++i) {
      CHECK(after.memory_kib[i] - before.memory_kib[i] <= kMaxGrowthKiB);
    }
  }
  CHECK(node.EndsCleanly());
}

TEST_CASE("a hundred thousand calls of eight threads lose none and leak nothing") {
  constexpr int kThreads = 8;
  const int each = (muster::test::kMemoryMeansSomething ? 100'000 : Rounds(100'000)) / kThreads;
  ClusterFixture node(1);
  const auto run = [&](int calls_each) {
    std::vector<int> right(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::deque<std::pair<int, Call>> running;
        int& good = right[static_cast<std::size_t>(t)];
        const auto take = [&] {
          const std::string expected = std::to_string(running.front().first + 1);
          good += running.front().second.wait().value().text() == expected ? 1 : 0;
          running.pop_front();
        };
        for (int i = t * calls_each; i < (t + 1) * calls_each; ++i) {
          running.emplace_back(i, node.cluster().execute(1, std::to_string(i) + "+1"));
          if (running.size() > 64) take();
        }
        while (!running.empty()) take();
      });
    }
    for (std::thread& thread : threads) thread.join();
    return std::accumulate(right.begin(), right.end(), 0);
  };
  CHECK(run(each / 4) == each / 4 * kThreads);  // what stays once, stays from here
  const Held node_before = LookWhenQuiet(node.pid(1));
  const long before = muster::test::AnonymousKiB(::getpid());
  const int descriptors_before = muster::test::DescriptorsOf(::getpid());
  const auto begin = Clock::now();
  CHECK(run(each) == each * kThreads);
  std::cout << each * kThreads << " calls of " << kThreads << " threads in " << SecondsSince(begin)
            << " s\n  client: " << before << " KiB, then " << muster::test::AnonymousKiB(::getpid())
            << " KiB\n  node: " << Text(node_before);
  const Held node_after = LookWhenQuiet(node.pid(1));
  std::cout << "\n  then:  " << Text(node_after) << std::endl;
  CHECK(muster::test::DescriptorsOf(::getpid()) == descriptors_before);
  if (muster::test::kMemoryMeansSomething) {
    // 40 bytes for each call would be more.
    CHECK(muster::test::AnonymousKiB(::getpid()) - before <= 4 * kMaxGrowthKiB);
    CHECK(node_after.memory_kib[0] - node_before.memory_kib[0] <= 4 * kMaxGrowthKiB);
  }
  CHECK(node_after.descriptors[0] == node_before.descriptors[0]);
  CHECK(node.EndsCleanly());
}
