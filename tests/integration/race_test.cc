// Natural end, deadline, cancel and a client that goes, all at about the same moment: one verdict,
// one that is possible, and nothing left.
#include <atomic>
#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "tests/integration/measuring.h"
#include "tests/integration/node_fixture.h"

using muster::test::Collected;
using muster::test::DescendantsOf;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::Rounds;
using std::chrono::milliseconds;
namespace v1 = muster::v1;

namespace {

constexpr int kThreads = 6;
// About when all of it happens, from the start.
constexpr int kMoment = 30;

// When each end comes; absent: it does not.
struct Race {
  v1::ExecuteRequest request;
  bool ends_naturally = false;
  std::optional<int> deadline;  // milliseconds
  std::optional<int> cancel;
  std::optional<int> disconnect;
  int grace = 0;
};

struct Finish {
  Collected got;
  grpc::StatusCode cancel_code = grpc::StatusCode::UNKNOWN;
};

Race Draw(std::mt19937_64& random, NodeFixture& node, const std::string& seconds) {
  const auto moment = [&] { return static_cast<int>(random() % (2 * kMoment)); };
  Race race;
  race.ends_naturally = random() % 4 != 0;
  if (random() % 2 == 0) race.deadline = moment();
  if (random() % 2 == 0) race.cancel = moment();
  if (random() % 3 == 0) race.disconnect = moment();
  if (!race.ends_naturally && !race.deadline && !race.cancel && !race.disconnect) race.cancel = 0;
  race.grace = static_cast<int>(random() % 3) * 20;
  const int natural = moment();
  if (random() % 4 == 0) {
    race.request = node.Python(
        "import time\ntime.sleep(" +
        (race.ends_naturally ? std::to_string(natural / 1000.0) : std::string("1000")) + ")");
  } else {
    const std::string deaf = random() % 2 == 0 ? "trap '' INT TERM; " : "";
    // The orphan beside it has to go whenever anything but its natural end came.
    race.request =
        node.Shell(race.ends_naturally ? deaf + "sleep " + std::to_string(natural / 1000.0)
                                       : deaf + "setsid sleep " + seconds + " & sleep " + seconds);
  }
  if (race.deadline) race.request.set_deadline_ms(static_cast<std::uint64_t>(*race.deadline));
  race.request.set_grace_ms(static_cast<std::uint64_t>(race.grace));
  return race;
}

Finish Run(NodeFixture& node, const Race& race) {
  Finish finish;
  grpc::ClientContext context;
  std::atomic<bool> is_done = false;
  const auto begin = std::chrono::steady_clock::now();
  std::thread canceller([&] {
    if (!race.cancel) return;
    std::this_thread::sleep_until(begin + milliseconds(*race.cancel));
    do {
      finish.cancel_code = node.Cancel(race.request, race.grace).error_code();
      // It may have come before the execution; one that does not end by itself needs another.
    } while (finish.cancel_code == grpc::StatusCode::NOT_FOUND && !race.ends_naturally && !is_done);
  });
  std::thread breaker([&] {
    if (!race.disconnect) return;
    std::this_thread::sleep_until(begin + milliseconds(*race.disconnect));
    context.TryCancel();
  });
  finish.got = node.Run(race.request, {}, &context);
  is_done = true;
  canceller.join();
  breaker.join();
  return finish;
}

// What the caller was told: a verdict's kind, or that he broke the call.
std::string Verdict(const Finish& finish) {
  const Collected& got = finish.got;
  if (got.outcomes > 0) return v1::Outcome::Kind_Name(got.outcome.kind()).substr(5);
  return got.status.error_code() == grpc::StatusCode::CANCELLED ? "broken" : "none";
}

bool IsPossible(const Race& race, const Finish& finish) {
  const Collected& got = finish.got;
  if (got.outcomes == 0) {
    return race.disconnect && got.status.error_code() == grpc::StatusCode::CANCELLED;
  }
  if (got.outcomes != 1 || (!got.status.ok() && !race.disconnect)) return false;
  switch (got.outcome.kind()) {
    case v1::Outcome::KIND_OK:
      return race.ends_naturally;
    case v1::Outcome::KIND_TIMED_OUT:
      return race.deadline.has_value();
    case v1::Outcome::KIND_CANCELLED:
      return (race.cancel && got.outcome.reason() == "by the caller") ||
             (race.disconnect && got.outcome.reason() == "its client went away");
    default:
      return false;
  }
}

std::string Text(const Race& race) {
  const auto when = [](const char* what, const std::optional<int>& time) {
    return time ? std::string(", ") + what + " " + std::to_string(*time) : std::string();
  };
  return race.request.shell().source() + race.request.python().source() +
         when("deadline", race.deadline) + when("cancel", race.cancel) +
         when("disconnect", race.disconnect) + ", grace " + std::to_string(race.grace);
}

}  // namespace

TEST_CASE("natural end, deadline, cancel and disconnect race: one verdict that is possible") {
  const int count = Rounds(10'000);
  NodeFixture node({"--workers", "3"});
  const std::string seconds = muster::test::UniqueSeconds();
  std::mt19937_64 random(muster::test::Seed());
  std::vector<Race> races;
  for (int i = 0; i < count; ++i) races.push_back(Draw(random, node, seconds));
  std::vector<Finish> finishes(races.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  const auto begin = std::chrono::steady_clock::now();
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < races.size(); i = next++) {
        finishes[i] = Run(node, races[i]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::map<std::string, int> verdicts;
  for (std::size_t i = 0; i < races.size(); ++i) {
    INFO(Text(races[i]));
    INFO(Verdict(finishes[i]) << ": " << finishes[i].got.outcome.reason() << " "
                              << finishes[i].got.status.error_message());
    ++verdicts[Verdict(finishes[i])];
    CHECK(IsPossible(races[i], finishes[i]));
    CHECK((!races[i].cancel || finishes[i].cancel_code == grpc::StatusCode::OK ||
           finishes[i].cancel_code == grpc::StatusCode::NOT_FOUND));
  }
  std::cout << count << " races in " << took.count() << " s:";
  for (const auto& [verdict, times] : verdicts) std::cout << " " << verdict << " " << times;
  std::cout << std::endl;
  CHECK(Eventually([&] { return muster::test::ProcessesWith(seconds).empty(); }));
  // The spawner and the zygote stay; no supervisor does.
  CHECK(Eventually([&] { return DescendantsOf(node.pid()).size() <= 2; }));
  v1::DescribeResponse described;
  grpc::ClientContext context;
  CHECK(node.stub().Describe(&context, v1::DescribeRequest(), &described).ok());
  CHECK(described.running_size() == 0);
}
