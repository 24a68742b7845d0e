// Every step that can fail is made to: one outcome that names the step, nothing left, and the next
// execution works. Built only with MUSTER_FAULTS.
#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "tests/integration/node_fixture.h"

using Catch::Contains;
using muster::test::Collected;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::Slack;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

namespace {

// A node whose processes have this fault.
class FaultyNode {
 public:
  explicit FaultyNode(const std::string& rules, std::vector<std::string> arguments = {}) {
    ::setenv("MUSTER_FAULT", rules.c_str(), 1);
    node_ = std::make_unique<NodeFixture>(std::move(arguments));
    ::unsetenv("MUSTER_FAULT");
  }
  NodeFixture* operator->() { return node_.get(); }

 private:
  std::unique_ptr<NodeFixture> node_;
};

struct Case {
  const char* rule;
  v1::Outcome::Kind kind;
  const char* reason;
};

}  // namespace

TEST_CASE("A step of the start that fails once is one outcome that names it; the next one works") {
  for (const Case& fault : {
           Case{"pipe:fail@1", v1::Outcome::KIND_START_FAILED, "pipe: Too many open files"},
           Case{"spawn:fail@1", v1::Outcome::KIND_OK, ""},
           Case{"supervisor.fork:fail@1", v1::Outcome::KIND_START_FAILED, "fork its supervisor"},
       }) {
    CAPTURE(fault.rule);
    FaultyNode node(fault.rule);
    const Collected got = node->Run(node->Shell("echo here"));
    CHECK(got.outcomes == 1);
    CHECK(got.outcome.kind() == fault.kind);
    CHECK_THAT(got.outcome.reason(), Contains(fault.reason));
    CHECK(node->Run(node->Shell("echo here")).out == "here\n");
    node->Run(node->Python("1+1"));  // the zygote counts for itself
    CHECK(node->Run(node->Python("1+1")).value == "2");
  }
}

TEST_CASE("A step that fails every time names itself, and the daemon lives") {
  for (const Case& fault : {
           Case{"fork:fail", v1::Outcome::KIND_START_FAILED, "fork: Resource temporarily"},
           Case{"start:fail", v1::Outcome::KIND_START_FAILED, "start: Input/output error"},
           Case{"group:fail", v1::Outcome::KIND_START_FAILED, "make the control group"},
           Case{"frame.write:fail", v1::Outcome::KIND_LOST, ""},
           Case{"frame.write:exit", v1::Outcome::KIND_LOST, ""},
       }) {
    CAPTURE(fault.rule);
    FaultyNode node(fault.rule);
    for (const v1::ExecuteRequest& request : {node->Shell("true"), node->Python("1+1")}) {
      const Collected got = node->Run(request);
      CHECK(got.status.ok());
      CHECK(got.outcomes == 1);
      CHECK(got.outcome.kind() == fault.kind);
      CHECK_THAT(got.outcome.reason(), Contains(fault.reason));
    }
  }
}

TEST_CASE("A worker that does not start, or cannot speak, is told as such") {
  {
    FaultyNode node("worker.start:exit");
    const Collected got = node->Run(node->Python("1+1"));
    CHECK(got.outcome.kind() == v1::Outcome::KIND_START_FAILED);
    CHECK_THAT(got.outcome.reason(), Contains("clusterd-worker does not start"));
    CHECK(node->Run(node->Shell("echo shells work")).out == "shells work\n");
  }
  {
    FaultyNode node("worker.start:delay=700ms");
    const Collected got = node->Run(node->Python("1+1"));
    CHECK(got.value == "2");
    CHECK(got.took >= std::chrono::milliseconds(700));
  }
  {
    FaultyNode node("value.write:fail");
    const Collected got = node->Run(node->Python("1+1"));
    CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
    CHECK(got.value.empty());
  }
}

TEST_CASE("Pipes whose end does not come are waited for no longer than the drain time") {
  FaultyNode node("drain:fail");
  const Collected got = node->Run(node->Shell("echo all of it"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.out == "all of it\n");
  CHECK(got.took >= std::chrono::milliseconds(1900));
  CHECK(got.took < std::chrono::milliseconds(2000) * (1 + Slack()));
}

TEST_CASE("A kill that does not take the first time is repeated until nothing is left") {
  FaultyNode node("kill:fail@1");
  const std::string seconds = UniqueSeconds();
  v1::ExecuteRequest request =
      node->Shell("trap '' INT TERM; sleep " + seconds + " & sleep " + seconds);
  request.set_deadline_ms(300);
  request.set_grace_ms(100);
  CHECK(node->Run(request).outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
  CHECK(ProcessesWith("sleep " + seconds).empty());
}

TEST_CASE("A step on the way to another user's rights that fails ends the start, and is named") {
  if (::geteuid() != 0) return;  // nobody else can take the way
  char folder[] = "/tmp/muster-test-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/muster.conf";
  std::ofstream(path) << "[daemon]\naudit = no\n[user root]\nrole = admin\nrun_as = games\n";
  FaultyNode node("rights:fail", {"--config", path});
  for (const v1::ExecuteRequest& request : {node->Shell("id -u"), node->Python("1+1")}) {
    const Collected got = node->Run(request);
    CHECK(got.outcomes == 1);
    CHECK(got.out.empty());
    CHECK(got.value.empty());
    CHECK(got.outcome.kind() == v1::Outcome::KIND_START_FAILED);
    CHECK_THAT(got.outcome.reason(), Contains("become user games: Operation not permitted"));
  }
  ::unlink(path.c_str());
  ::rmdir(folder);
}
