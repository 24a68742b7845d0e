// A session that was left running has ended, and the kernel gives its number to a command: that one
// is killed with its supervisor, as any other.
#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>

#include "tests/integration/measuring.h"
#include "tests/integration/node_fixture.h"

using muster::test::DescendantsOf;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

namespace {

// Where the kernel's next pid can be chosen; needs root.
constexpr char kLastPid[] = "/proc/sys/kernel/ns_last_pid";
constexpr int kMostAttempts = 200;

// The number of a session that a command left and that has ended since.
pid_t LeaveAndEnd(NodeFixture& node) {
  const std::string seconds = UniqueSeconds();
  node.Run(node.Shell("setsid sleep " + seconds + " & sleep 0.05"));
  const std::vector<pid_t> left = ProcessesWith("sleep " + seconds);
  REQUIRE(left.size() == 1);
  ::kill(left[0], SIGKILL);
  REQUIRE(Eventually([&] { return ::kill(left[0], 0) != 0; }));
  return left[0];
}

// Runs a command under the number and kills its supervisor. False: it got another number.
bool KillSupervisorOf(NodeFixture& node, pid_t number, const std::string& seconds) {
  bool is_reused = false;
  std::ofstream(kLastPid) << number - 2;  // the supervisor comes first
  node.Run(node.Shell("echo $$; sleep " + seconds + " & wait"), [&](const v1::ExecuteEvent& event) {
    if (!event.has_output()) return;
    const pid_t command = ::atoi(event.output().data().c_str());
    CHECK(Eventually([&] { return !ProcessesWith("sleep " + seconds).empty(); }));
    for (const auto& process : DescendantsOf(node.pid())) {
      if (process.pid != command) continue;
      is_reused = command == number;
      ::kill(process.parent, SIGKILL);
    }
  });
  return is_reused;
}

}  // namespace

TEST_CASE("a command that got the number of a session left earlier goes with its supervisor") {
  if (!std::ofstream(kLastPid).is_open()) {
    WARN("only root may choose the next pid: not tested");
    return;
  }
  NodeFixture node;
  const pid_t number = LeaveAndEnd(node);
  const std::string seconds = UniqueSeconds();
  int attempts = 1;
  while (!KillSupervisorOf(node, number, seconds) && attempts < kMostAttempts) ++attempts;
  std::cout << "the number came again at attempt " << attempts << std::endl;
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
  for (const pid_t pid : ProcessesWith("sleep " + seconds)) ::kill(pid, SIGKILL);
}
