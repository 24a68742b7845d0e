#include "provision/process_scan.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "common/child_process.h"

using muster::ChildProcess;
using muster::provision::HasArguments;
using muster::provision::ProcessesWithArguments;
using muster::provision::ProcessesWithVariable;

namespace {

using std::chrono::steady_clock;

ChildProcess Sleeper(const std::string& seconds, const std::string& variable) {
  ChildProcess::Options options;
  options.argv = {"/bin/sleep", seconds};
  options.extra_environment = {variable};
  absl::StatusOr<ChildProcess> started = ChildProcess::Start(options);
  REQUIRE(started.ok());
  return *std::move(started);
}

bool Holds(const std::vector<pid_t>& pids, pid_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

}  // namespace

// The kernel lets the parent go on before it has put the arguments of the new program there.
TEST_CASE("A process is found from the moment that it was started", "[process_scan]") {
  const std::string seconds = "98" + std::to_string(::getpid());
  for (int round = 0; round < 300; ++round) {
    const std::string variable = "MUSTER_SCANNED=" + std::to_string(round) + "." + seconds;
    ChildProcess process = Sleeper(seconds, variable);
    // Each in turn is the first to look.
    if (round % 3 == 0) CHECK(HasArguments(process.pid(), {seconds}));
    if (round % 3 == 1)
      CHECK(Holds(ProcessesWithArguments({"/bin/sleep", seconds}), process.pid()));
    if (round % 3 == 2) CHECK(ProcessesWithVariable(variable) == std::vector{process.pid()});
    process.Kill(SIGKILL);
    process.WaitUntil(steady_clock::now() + std::chrono::seconds(10));
  }
}

TEST_CASE("A zombie and a number without a process have no arguments", "[process_scan]") {
  const std::string seconds = "97" + std::to_string(::getpid());
  ChildProcess process = Sleeper(seconds, "MUSTER_SCANNED=dead");
  ::kill(process.pid(), SIGKILL);
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  while (HasArguments(process.pid(), {seconds}) && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto begin = steady_clock::now();
  CHECK_FALSE(HasArguments(process.pid(), {seconds}));
  CHECK(ProcessesWithVariable("MUSTER_SCANNED=dead").empty());
  CHECK_FALSE(HasArguments(0, {}));
  CHECK_FALSE(HasArguments(-1, {}));
  CHECK(steady_clock::now() - begin < std::chrono::seconds(3));
  process.WaitUntil(deadline);
  CHECK_FALSE(HasArguments(process.pid(), {seconds}));
}
