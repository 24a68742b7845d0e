// What an execution costs a warm worker. Printed, never asserted: `worker_test "[.measure]"` of a
// release build.
#include <sched.h>
#include <string.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/integration/worker_fixture.h"

using muster::server::WorkerResult;
using muster::test::CellEnd;
using muster::test::SupervisedProcess;
using muster::test::WorkerFixture;

TEST_CASE("How long a cell takes in a worker", "[.measure]") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  const int count = 200'000;
  const auto measure = [&](const char* what, const auto& source_of) {
    worker.Run("import time");
    const std::string before = worker.Run("time = __import__('time').process_time()\ntime").value;
    CellEnd end;
    int asked = 0;
    int done = 0;
    std::uint64_t ticket = 0;
    while (done < count) {
      while (asked < count && asked - done < 256) {
        worker.Ask(source_of(asked));
        ++asked;
      }
      bool any = false;
      while (const auto record = worker.results().Peek()) {
        any = true;
        WorkerResult result;
        ::memcpy(&result, record->bytes.data(), sizeof(result));
        if (worker.results().Pop()) worker.channel().Say('w');
        if (result.type == WorkerResult::Type::kDone) {
          ++done;
          ticket = result.ticket;
          // The reader of the output.
          if ((result.flags & WorkerResult::kHasOutput) != 0) worker.ReadOutput(end);
        }
        if (result.type == WorkerResult::Type::kWaiting) worker.channel().Say('d');
        if (result.type == WorkerResult::Type::kRetiring) {
          FAIL("retired: " << record->bytes.substr(sizeof(result)));
        }
      }
      if (!any) ::sched_yield();
    }
    CHECK(ticket == worker.ticket());
    const std::string after = worker.Run("time = __import__('time').process_time()\ntime").value;
    const double ns = (std::stod(after) - std::stod(before)) * 1e9 / count;
    WARN(what << ": " << static_cast<long>(ns) << " ns of processor time");
  };
  for (int round = 0; round < 3; ++round) {
    measure("repeated 1+1", [](int) { return "1+1"; });
    measure("distinct 1+N", [](int i) { return "1+" + std::to_string(i); });
    measure("distinct, statements", [](int i) { return "x = " + std::to_string(i) + "\nx"; });
  }
  measure("repeated print", [](int) { return "print(1)"; });
}
