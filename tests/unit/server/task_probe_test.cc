#include "server/service/task_probe.h"

#include <grpc/grpc.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <thread>

using muster::server::TaskProbe;
using std::chrono::milliseconds;

namespace {

// Within 10 s.
bool AllDone(const std::atomic<int>& done) {
  for (int i = 0; i < 2000 && done < TaskProbe::kTasks; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  return done == TaskProbe::kTasks;
}

}  // namespace

TEST_CASE("Each task of a probe is done once") {
  ::grpc_init();
  const auto done = std::make_shared<std::atomic<int>>(0);
  TaskProbe::Send([done] { ++*done; });
  CHECK(AllDone(*done));
  ::grpc_shutdown();
}

TEST_CASE("A task that does not end keeps those waiting that come after it") {
  ::grpc_init();
  const auto may_end = std::make_shared<std::atomic<bool>>(false);
  const auto has_come = std::make_shared<std::atomic<bool>>(false);
  const auto done = std::make_shared<std::atomic<int>>(0);
  TaskProbe::Send([may_end, has_come, done] {
    // The first to come stays.
    for (bool stays = !has_come->exchange(true); stays && !*may_end;) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    ++*done;
  });
  std::this_thread::sleep_for(milliseconds(200));
  CHECK(*done < TaskProbe::kTasks);
  *may_end = true;
  CHECK(AllDone(*done));
  ::grpc_shutdown();
}
