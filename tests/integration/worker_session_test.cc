// One warm worker of a session, with the test in the daemon's place: its namespace stays, and a
// signal that comes between two cells is nobody's.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "tests/integration/measuring.h"
#include "tests/integration/worker_fixture.h"

using muster::server::WorkerRequest;
using muster::test::CellEnd;
using muster::test::Rounds;
using muster::test::SupervisedProcess;
using muster::test::WorkerFixture;

namespace {

WorkerRequest Kept() {
  WorkerRequest request;
  request.keeps_namespace = 1;
  return request;
}

}  // namespace

TEST_CASE("A session's worker keeps what a cell leaves, and lives") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  CHECK(worker.Run("import os, sys; x = 1; os.chdir('/usr'); sys.stdout = None", Kept()).is_done);
  CHECK(worker.Run("x, os.getcwd()", Kept()).value == "(1, '/usr')");
  CHECK(worker
            .Run("import threading; t = threading.Timer(1000, print); t.daemon = True; t.start()",
                 Kept())
            .is_done);
  CHECK(worker.Run("t.is_alive()", Kept()).value == "True");
}

TEST_CASE("A signal that comes between two cells hits neither") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  REQUIRE(worker
              .Run("import signal; n = 0\n"
                   "signal.signal(signal.SIGALRM, signal.default_int_handler)",
                   Kept())
              .is_done);
  const int rounds = Rounds(10000);
  int hits = 0;
  for (int round = 0; round < rounds; ++round) {
    // It comes at the end of this cell, on the worker's way to sleep, or when it sleeps: no clock
    // but the worker's own meets that moment.
    const CellEnd first = worker.Run(
        "signal.setitimer(signal.ITIMER_REAL, " + std::to_string(1 + round % 150) + "e-6)", Kept());
    if (!first.type.empty()) ++hits;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // it has come by then
    // Where the machine was busy it has not, and does not come any more.
    const CellEnd end = worker.Run("signal.setitimer(signal.ITIMER_REAL, 0)\nn += 1\nn", Kept());
    INFO("round " << round << " " << end.type);
    REQUIRE(end.value == std::to_string(round + 1));
  }
  WARN("in " << hits << " of " << rounds << " rounds it came before the end of the first");
}
