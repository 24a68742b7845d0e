// Admission: how many run at once, who waits how long, who is refused, and that the daemon answers
// all the while.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "tests/integration/node_fixture.h"

using Catch::Contains;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ReadFile;
namespace v1 = muster::v1;

namespace {

// Executions that run beside each other, each on a thread of the test.
class Crowd {
 public:
  explicit Crowd(NodeFixture& node) : node_(node) {}
  ~Crowd() { Join(); }

  void Start(const v1::ExecuteRequest& request) {
    threads_.emplace_back([this, request] { node_.Run(request); });
  }
  void Join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  NodeFixture& node_;
  std::vector<std::thread> threads_;
};

v1::DescribeResponse Describe(NodeFixture& node) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::DescribeRequest request;
  request.set_usage(true);
  v1::DescribeResponse response;
  CHECK(node.stub().Describe(&context, request, &response).ok());
  return response;
}

int Waiting(NodeFixture& node) {
  int waiting = 0;
  const v1::DescribeResponse response = Describe(node);
  for (const v1::RunningExecution& running : response.running())
    waiting += running.queued() ? 1 : 0;
  return waiting;
}

// Of another connection than the fixture's own.
v1::ExecuteRequest OfClient(v1::ExecuteRequest request, char client) {
  request.mutable_id()->set_stream_id(std::string(16, client));
  return request;
}

}  // namespace

TEST_CASE("Clients take turns, and within one client the first comes first") {
  NodeFixture node({"--max-running", "1"});
  const std::string log = node.folder() + "/log";
  const std::string gate = node.folder() + "/gate";
  Crowd crowd(node);
  crowd.Start(node.Shell("until [ -e " + gate + " ]; do sleep 0.01; done"));
  CHECK(Eventually([&] { return Describe(node).running_size() == 1; }));
  int expected = 0;
  const auto add = [&](char client, const std::string& name) {
    crowd.Start(OfClient(node.Shell("echo " + name + " >> " + log), client));
    ++expected;
    CHECK(Eventually([&] { return Waiting(node) == expected; }));
  };
  for (const char* name : {"a1", "a2", "a3", "a4"}) add('a', name);
  add('b', "b1");
  add('c', "c1");
  add('b', "b2");
  std::ofstream(gate).put('x');
  crowd.Join();
  CHECK(ReadFile(log) == "a1\nb1\nc1\na2\nb2\na3\na4\n");
}

TEST_CASE("A full queue refuses, says what is full, and takes on again when there is room") {
  NodeFixture node({"--max-running", "1", "--max-queued", "2"});
  const std::string gate = node.folder() + "/gate";
  Crowd crowd(node);
  for (int i = 0; i < 3; ++i) {
    crowd.Start(node.Shell("until [ -e " + gate + " ]; do sleep 0.01; done"));
    CHECK(Eventually([&] { return Describe(node).running_size() == i + 1; }));
  }
  const Collected got = node.Run(node.Shell("true"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
  CHECK_THAT(got.outcome.reason(), Contains("its queue is full: 2 executions wait already"));
  std::ofstream(gate).put('x');
  crowd.Join();
  CHECK(node.Run(node.Shell("true")).outcome.kind() == v1::Outcome::KIND_OK);
}

TEST_CASE("Describe says who runs what, since when and with what, while everything is busy") {
  NodeFixture node({"--workers", "2"});
  Crowd crowd(node);
  for (int i = 0; i < 4; ++i) {
    v1::ExecuteRequest request = node.Python("while True: pass");
    request.set_deadline_ms(1500);
    request.set_grace_ms(100);
    crowd.Start(request);
  }
  CHECK(Eventually([&] { return Waiting(node) == 2 && Describe(node).running_size() == 4; }));
  std::chrono::microseconds slowest{0};
  CHECK(Eventually([&] {
    const auto asked = std::chrono::steady_clock::now();
    const v1::DescribeResponse response = Describe(node);
    slowest = std::max(slowest, std::chrono::duration_cast<std::chrono::microseconds>(
                                    std::chrono::steady_clock::now() - asked));
    int busy = 0;
    for (const v1::RunningExecution& running : response.running()) {
      if (running.cpu_us() > 0 && running.memory_bytes() > 0 && running.processes() == 1) ++busy;
    }
    return busy == 2;
  }));
  std::cout << "Describe with every worker busy: " << slowest.count() << " us at most\n";
  const v1::DescribeResponse response = Describe(node);
  for (const v1::RunningExecution& running : response.running()) {
    CHECK(running.command() == "while True: pass");
    CHECK(running.user_id() == static_cast<std::int64_t>(::getuid()));
  }
  crowd.Join();
}

TEST_CASE("User processes have less CPU weight than the daemon, services that stay as much") {
  NodeFixture node;
  if (::getuid() == 0) {
    const std::string seconds = muster::test::UniqueSeconds();
    node.Run(node.Shell("setsid sleep " + seconds + " >/dev/null 2>&1 & while ! pgrep -f 'sleep " +
                        seconds + "' >/dev/null; do :; done"));
    const auto left = muster::test::ProcessesWith("sleep " + seconds);
    REQUIRE(left.size() == 1);
    CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(left[0])) == 0);
    ::kill(left[0], SIGKILL);
  }
  CHECK(node.Run(node.Shell("ps -o ni= -p $$")).out.find('5') != std::string::npos);
  CHECK(node.Run(node.Python("import os\nos.nice(0)")).value == "5");
}
