#include "client/connect_turns.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "common/mutex.h"

using muster::ConnectTurns;
using muster::Mutex;
using muster::MutexLock;

namespace {

// Who has a turn and keeps it.
class Kept {
 public:
  ConnectTurns::Begin Keep() {
    return [this](ConnectTurns::Turn turn) {
      const MutexLock lock(mutex_);
      turns_.push_back(std::move(turn));
    };
  }
  std::size_t count() {
    const MutexLock lock(mutex_);
    return turns_.size();
  }
  // Gives the first ones back, outside the lock as their end lets others begin.
  void GiveBack(std::size_t count) {
    std::vector<ConnectTurns::Turn> given;
    {
      const MutexLock lock(mutex_);
      const auto end = turns_.begin() + static_cast<std::ptrdiff_t>(count);
      given.assign(turns_.begin(), end);
      turns_.erase(turns_.begin(), end);
    }
  }

 private:
  Mutex mutex_;
  std::vector<ConnectTurns::Turn> turns_;
};

}  // namespace

TEST_CASE("so many have their turns at once, and each that ends lets the next begin") {
  Kept kept;
  const auto turns = std::make_shared<ConnectTurns>();
  for (std::size_t i = 0; i < 2 * ConnectTurns::kMost; ++i) turns->Take({}, kept.Keep());
  CHECK(kept.count() == ConnectTurns::kMost);
  kept.GiveBack(10);
  CHECK(kept.count() == ConnectTurns::kMost);
  kept.GiveBack(kept.count());
  CHECK(kept.count() == ConnectTurns::kMost - 10);
  kept.GiveBack(kept.count());
  CHECK(kept.count() == 0);
}

TEST_CASE("any number of turns may end in the call that begins them") {
  Kept kept;
  const auto turns = std::make_shared<ConnectTurns>();
  for (std::size_t i = 0; i < ConnectTurns::kMost; ++i) turns->Take({}, kept.Keep());
  constexpr int kMany = 300'000;  // nested, they would need more than a stack has
  int begun = 0;
  for (int i = 0; i < kMany; ++i) {
    turns->Take({}, [&begun](const ConnectTurns::Turn&) { ++begun; });
  }
  CHECK(begun == 0);
  kept.GiveBack(1);
  CHECK(begun == kMany);
  kept.GiveBack(kept.count());
}

TEST_CASE("who has a latest time begins then, though all turns are taken") {
  Kept kept;
  Kept late;
  const auto turns = std::make_shared<ConnectTurns>();
  for (std::size_t i = 0; i < ConnectTurns::kMost; ++i) turns->Take({}, kept.Keep());
  const auto begin = std::chrono::steady_clock::now();
  turns->Take(begin + std::chrono::milliseconds(50), late.Keep());
  turns->Take(begin + std::chrono::hours(1), late.Keep());
  CHECK(late.count() == 0);
  while (late.count() == 0 && std::chrono::steady_clock::now() < begin + std::chrono::seconds(15)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(late.count() == 1);
  CHECK(std::chrono::steady_clock::now() >= begin + std::chrono::milliseconds(50));
  // One is over the bound: the next begins when two have ended.
  kept.GiveBack(1);
  CHECK(late.count() == 1);
  kept.GiveBack(1);
  CHECK(late.count() == 2);
  late.GiveBack(2);
  kept.GiveBack(kept.count());
}
