// Slots: nobody holds what somebody else holds, and they are free again when the last process is
// gone, however it ended; not before.
#include <signal.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "tests/integration/node_fixture.h"

using Catch::Contains;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;
using Kind = v1::Outcome;

namespace {

v1::ExecuteRequest With(v1::ExecuteRequest request, const std::string& name, std::uint64_t count) {
  v1::Resource& resource = *request.add_resources();
  resource.set_name(name);
  resource.set_count(count);
  return request;
}

v1::DescribeResponse Describe(NodeFixture& node) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::DescribeResponse response;
  CHECK(node.stub().Describe(&context, {}, &response).ok());
  return response;
}

v1::Slot SlotOf(NodeFixture& node, const std::string& name) {
  const v1::DescribeResponse response = Describe(node);
  for (const v1::Slot& slot : response.slots()) {
    if (slot.name() == name) return slot;
  }
  return {};
}

// All are free, and nobody waits for them.
bool AreBack(NodeFixture& node) {
  return Eventually([&] {
    const v1::Slot slot = SlotOf(node, "gpu");
    return slot.free() == slot.total() && slot.waiting() == 0;
  });
}

bool IsWaitedFor(NodeFixture& node, std::uint64_t count) {
  return Eventually([&] { return SlotOf(node, "gpu").waiting() == count; });
}

// One execution beside the test.
class Beside {
 public:
  Beside(NodeFixture& node, v1::ExecuteRequest request)
      : request_(std::move(request)),
        thread_([this, &node] { collected_ = node.Run(request_, {}, &context_); }) {}
  ~Beside() {
    if (!thread_.joinable()) return;
    Leave();
    thread_.join();
  }
  const v1::ExecuteRequest& request() const { return request_; }
  void Leave() { context_.TryCancel(); }
  const Collected& Wait() {
    thread_.join();
    return collected_;
  }

 private:
  const v1::ExecuteRequest request_;
  grpc::ClientContext context_;
  Collected collected_;
  std::thread thread_;
};

pid_t ParentOf(pid_t pid) {
  FILE* stat = ::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
  REQUIRE(stat != nullptr);
  int parent = 0;
  CHECK(::fscanf(stat, "%*d (%*[^)]) %*c %d", &parent) == 1);
  ::fclose(stat);
  return parent;
}

// So many, looked at once: in the middle of an exec a process has no command line.
std::vector<pid_t> AwaitProcesses(const std::string& text, std::size_t count) {
  std::vector<pid_t> found;
  REQUIRE(Eventually([&] {
    found = ProcessesWith(text);
    return found.size() == count;
  }));
  return found;
}

pid_t AwaitProcess(const std::string& text) { return AwaitProcesses(text, 1)[0]; }

const std::vector<std::string> kTwo = {"--slots", "gpu=2,license=a|b|c"};

}  // namespace

TEST_CASE("Of twenty executions on two slots two run at once, each with a slot of its own") {
  NodeFixture node(kTwo);
  // A folder can be made by one of them at a time.
  const std::string here = node.folder() + "/gpu$MUSTER_SLOT_GPU";
  const std::string shell = "mkdir " + here + " || exit 9; sleep 0.05; rmdir " + here +
                            "; echo $MUSTER_SLOT_GPU $CUDA_VISIBLE_DEVICES";
  const std::string python = "import os, time\nmine = os.environ['MUSTER_SLOT_GPU']\nhere = '" +
                             node.folder() +
                             "/gpu' + mine\nos.mkdir(here)\ntime.sleep(0.05)\nos.rmdir(here)\n"
                             "print(mine, os.environ['CUDA_VISIBLE_DEVICES'])";
  std::vector<std::unique_ptr<Beside>> all;
  for (int i = 0; i < 20; ++i) {
    v1::ExecuteRequest request = i % 3 == 0 ? node.Python(python) : node.Shell(shell);
    (*request.add_environment()).set_name("CUDA_VISIBLE_DEVICES");  // not the caller's to say
    all.push_back(std::make_unique<Beside>(node, With(request, "gpu", 1)));
  }
  std::multiset<std::string> told;
  for (const auto& one : all) {
    const Collected& got = one->Wait();
    CHECK(got.outcome.kind() == Kind::KIND_OK);
    told.insert(got.out);
  }
  CHECK(told.count("0 0\n") + told.count("1 1\n") == 20);
  CHECK(told.count("1 1\n") > 0);
  CHECK(AreBack(node));
}

TEST_CASE("What it holds is told by name; what is only counted, and who asks for nothing, is not") {
  NodeFixture node(kTwo);
  const auto shell = [&] { return node.Shell("env | grep -E '^(MUSTER_SLOT|CUDA)' | sort"); };
  CHECK(node.Run(With(With(shell(), "license", 2), "gpu", 2)).out ==
        "CUDA_VISIBLE_DEVICES=0,1\nMUSTER_SLOT_GPU=0,1\nMUSTER_SLOT_LICENSE=a,b\n");
  CHECK(node.Run(With(With(shell(), "cores", 1), "memory", 1 << 20)).out.empty());
  CHECK(node.Run(shell()).out.empty());
  const v1::Slot cores = SlotOf(node, "cores");
  CHECK(cores.total() == Describe(node).cores());
  CHECK(SlotOf(node, "memory").total() == Describe(node).memory_bytes());
}

TEST_CASE("Python that holds slots takes a place of its own kind too, and both come back") {
  NodeFixture node({"--slots", "gpu=2", "--workers", "1"});
  std::vector<std::unique_ptr<Beside>> all;
  for (int i = 0; i < 12; ++i) {
    v1::ExecuteRequest request = node.Python("1 + 1");
    if (i % 2 == 0) request = With(request, "gpu", i % 4 == 0 ? 2 : 1);
    all.push_back(std::make_unique<Beside>(node, request));
  }
  for (const auto& one : all) CHECK(one->Wait().value == "2");
  CHECK(AreBack(node));
}

TEST_CASE("Over the fast lane it is no cell of a warm worker") {
  NodeFixture node(kTwo);
  grpc::ClientContext context;
  const auto stream = node.stub().ExecuteMany(&context);
  v1::ExecuteManyRequest message;
  message.mutable_open()->set_stream_id(std::string(16, 'l'));
  REQUIRE(stream->Write(message));
  message.clear_open();
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    v1::ExecuteRequest request = With(
        node.Python("import os\nos.environ['MUSTER_SLOT_GPU'], 'x' in globals()"), "gpu", sequence);
    request.mutable_id()->clear_stream_id();
    request.mutable_id()->set_sequence(sequence);
    *message.add_requests() = std::move(request);
  }
  REQUIRE(stream->Write(message));
  std::map<std::uint64_t, std::string> said;
  v1::ExecuteManyEvent events;
  for (int ended = 0; ended < 4 && stream->Read(&events);) {
    for (const v1::LaneEvent& event : events.events()) {
      said[event.sequence()] += event.value();
      if (!event.has_outcome()) continue;
      said[event.sequence()] += event.outcome().reason();
      ++ended;
    }
  }
  CHECK(said[1] == "('0', False)");
  CHECK(said[2] == "('0,1', False)");
  CHECK(said[3] == "this node has 2 gpu, 3 were asked");
  CHECK(said[4] == "this node has 2 gpu, 4 were asked");
  stream->WritesDone();
  CHECK(stream->Finish().ok());
  CHECK(AreBack(node));
}

TEST_CASE("What a request may not ask for is refused by name, and holds nothing") {
  NodeFixture node(kTwo);
  const auto refusal = [&](const v1::ExecuteRequest& request) {
    const Collected got = node.Run(request);
    CHECK(got.outcome.kind() == Kind::KIND_REFUSED);
    CHECK(got.outcome.reason().size() < 300);
    return got.outcome.reason();
  };
  const auto asks = [&](const std::string& name, std::uint64_t count) {
    return refusal(With(node.Shell("true"), name, count));
  };
  CHECK(asks("gpu", 3) == "this node has 2 gpu, 3 were asked");
  for (const std::uint64_t count : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    CHECK_THAT(asks("gpu", count), Contains("this node has 2 gpu"));
    CHECK_THAT(asks("memory", count), Contains("memory, "));
  }
  CHECK_THAT(asks("gpu", 0), Contains("0 gpu"));
  CHECK_THAT(asks("tpu", 1), Contains("this node has no tpu; it has cores="));
  for (const char* name : {"", "g\xc3\xbcpu", "\xff\xfe\x80", "\xed\xa0\x80", "gpu\n", "GPU"}) {
    CHECK_THAT(asks(name, 1), Contains("whose name is none"));
  }
  CHECK_THAT(asks(std::string(1 << 20, 'g'), 1), Contains("whose name is none"));
  CHECK_THAT(refusal(With(With(node.Shell("true"), "gpu", 1), "gpu", 1)), Contains("twice"));
  v1::ExecuteRequest many = node.Shell("true");
  for (int i = 0; i < 10'000; ++i) many = With(std::move(many), "s" + std::to_string(i), 1);
  CHECK_THAT(refusal(many), Contains("10000 resources"));
  v1::ExecuteRequest in_session = With(node.Shell("true"), "gpu", 1);
  in_session.set_session("s");
  CHECK_THAT(refusal(in_session), Contains("session"));
  v1::ExecuteRequest keeps = With(node.Shell("true"), "gpu", 1);
  keeps.set_leftovers(v1::LEFTOVERS_KEEP);
  CHECK_THAT(refusal(keeps), Contains("keep"));
  CHECK(AreBack(node));
  CHECK(node.Run(With(node.Shell("true"), "gpu", 2)).outcome.kind() == Kind::KIND_OK);
}

TEST_CASE("They are free again whichever way an execution ends") {
  NodeFixture node(kTwo);
  const std::string seconds = UniqueSeconds();
  const auto sleeper = [&] { return With(node.Shell("echo up; exec sleep " + seconds), "gpu", 2); };
  SECTION("what it left behind goes with it") {
    const Collected got = node.Run(
        With(node.Shell("setsid sleep " + seconds + " >/dev/null 2>&1 & sleep 0.1"), "gpu", 2));
    CHECK(got.outcome.kind() == Kind::KIND_OK);
    CHECK(got.outcome.usage().left() == 0);
    CHECK(ProcessesWith(seconds).empty());
  }
  SECTION("its process is killed") {
    Beside beside(node, sleeper());
    muster::test::Kill(AwaitProcess("sleep " + seconds), SIGKILL);
    CHECK(beside.Wait().outcome.kind() == Kind::KIND_SIGNALLED);
  }
  SECTION("it is cancelled while it runs") {
    Beside beside(node, sleeper());
    AwaitProcess("sleep " + seconds);
    CHECK(node.Cancel(beside.request(), 100).ok());
    CHECK(beside.Wait().outcome.kind() == Kind::KIND_CANCELLED);
  }
  SECTION("its client goes away") {
    Beside beside(node, sleeper());
    AwaitProcess("sleep " + seconds);
    beside.Leave();
    CHECK(beside.Wait().status.error_code() == grpc::StatusCode::CANCELLED);
  }
  SECTION("it does not start") {
    const Collected got = node.Run(With(node.Argv({"/nowhere"}), "gpu", 2));
    CHECK(got.outcome.kind() == Kind::KIND_START_FAILED);
  }
  SECTION("its zygote is killed") {
    const std::string spawn =
        "import os\nos.spawnlp(os.P_WAIT, 'sleep', 'sleep', '" + seconds + "')";
    Beside beside(node, With(node.Python(spawn), "gpu", 2));
    const pid_t python = ParentOf(AwaitProcess("sleep " + seconds));
    muster::test::Kill(ParentOf(ParentOf(python)), SIGKILL);
    CHECK(beside.Wait().outcome.kind() == Kind::KIND_LOST);
    // The zygote was to know when all is gone. Its supervisors and their processes are killed, and
    // without groups that may take a moment longer than their slots are away.
    CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
  }
  CHECK(AreBack(node));
  CHECK(ProcessesWith("sleep " + seconds).empty());
}

TEST_CASE("Those that wait leave the queue by cancel, deadline and with their client") {
  NodeFixture node(kTwo);
  const std::string seconds = UniqueSeconds();
  Beside holder(node, With(node.Shell("exec sleep " + seconds), "gpu", 2));
  const pid_t sleeper = AwaitProcess("sleep " + seconds);
  v1::ExecuteRequest hurried = With(node.Shell("true"), "gpu", 2);
  hurried.set_deadline_ms(100);
  const Collected late = node.Run(hurried);
  CHECK(late.outcome.kind() == Kind::KIND_TIMED_OUT);
  CHECK(late.outcome.usage().queued_us() >= 100'000);

  Beside cancelled(node, With(node.Shell("true"), "gpu", 2));
  REQUIRE(IsWaitedFor(node, 2));
  Beside gone(node, With(node.Shell("true"), "gpu", 1));
  REQUIRE(IsWaitedFor(node, 3));
  Beside stays(node, With(node.Shell("echo $MUSTER_SLOT_GPU"), "gpu", 1));
  REQUIRE(IsWaitedFor(node, 4));
  CHECK(node.Cancel(cancelled.request()).ok());
  CHECK(cancelled.Wait().outcome.kind() == Kind::KIND_CANCELLED);
  gone.Leave();
  CHECK_FALSE(gone.Wait().status.ok());
  CHECK(IsWaitedFor(node, 1));
  muster::test::Kill(sleeper, SIGKILL);
  CHECK(holder.Wait().outcome.kind() == Kind::KIND_SIGNALLED);
  CHECK(stays.Wait().out == "0\n");
  CHECK(AreBack(node));
}

TEST_CASE(
    "Who waits for much is not passed by who asks for little, and others do not wait for it") {
  NodeFixture node(kTwo);
  const std::string seconds = UniqueSeconds();
  Beside holder(node, With(node.Shell("exec sleep " + seconds), "gpu", 1));
  const pid_t sleeper = AwaitProcess("sleep " + seconds);
  const std::string log = node.folder() + "/log";
  Beside big(node, With(node.Shell("echo big >> " + log), "gpu", 2));
  REQUIRE(IsWaitedFor(node, 2));
  Beside small(node, With(node.Shell("echo small >> " + log), "gpu", 1));
  REQUIRE(IsWaitedFor(node, 3));
  CHECK(node.Run(With(node.Shell("true"), "license", 3)).outcome.kind() == Kind::KIND_OK);
  CHECK(node.Run(node.Shell("true")).outcome.kind() == Kind::KIND_OK);
  CHECK(SlotOf(node, "gpu").free() == 1);
  muster::test::Kill(sleeper, SIGKILL);
  big.Wait();
  small.Wait();
  CHECK(muster::test::ReadFile(log) == "big\nsmall\n");
  ::unlink(log.c_str());
}

TEST_CASE("After kill -9 of the supervisor they stay taken until its tree is gone") {
  NodeFixture node(kTwo);
  const std::string seconds = UniqueSeconds();
  Beside beside(node,
                With(node.Shell("setsid sleep " + seconds + " & exec sleep " + seconds), "gpu", 2));
  const std::string sleep = "sleep " + seconds;
  const std::vector<pid_t> pids = AwaitProcesses(sleep, 2);
  // One is the other's parent.
  const pid_t above = ParentOf(pids[0]);
  const pid_t supervisor = above == pids[1] ? ParentOf(above) : above;
  const pid_t spawner = node.SpawnerPid();
  // Nobody is there to kill them for a while.
  muster::test::Freeze(spawner);
  muster::test::Kill(supervisor, SIGKILL);
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() < begin + std::chrono::milliseconds(300)) {
    CHECK(SlotOf(node, "gpu").free() == 0);
  }
  CHECK_FALSE(ProcessesWith(sleep).empty());
  muster::test::Kill(spawner, SIGCONT);
  CHECK(Eventually([&] { return SlotOf(node, "gpu").free() == 2; }));
  CHECK(ProcessesWith(sleep).empty());
  CHECK(beside.Wait().outcome.kind() == Kind::KIND_LOST);
}

TEST_CASE("A slow reader does not keep the slots of what has ended") {
  NodeFixture node(kTwo);
  v1::ExecuteRequest request = With(node.Shell("head -c 60000 /dev/zero"), "gpu", 2);
  request.mutable_id()->set_sequence(1000);
  grpc::ClientContext context;
  const auto stream = node.stub().Execute(&context, request);
  v1::ExecuteEvent event;
  REQUIRE(stream->Read(&event));
  CHECK(AreBack(node));
  bool has_ended = false;
  while (stream->Read(&event)) has_ended = event.has_outcome();
  CHECK(has_ended);
}

TEST_CASE("A daemon that drains ends those that hold and those that wait") {
  NodeFixture node(kTwo);
  const std::string seconds = UniqueSeconds();
  Beside holder(node, With(node.Shell("exec sleep " + seconds), "gpu", 2));
  AwaitProcess("sleep " + seconds);
  Beside waiting(node, With(node.Shell("exec sleep " + seconds), "gpu", 1));
  REQUIRE(IsWaitedFor(node, 1));
  node.daemon().Kill(SIGTERM);
  for (Beside* one : {&waiting, &holder}) {
    const Collected& got = one->Wait();
    CHECK(got.outcome.kind() == Kind::KIND_CANCELLED);
    CHECK_THAT(got.outcome.reason(), Contains("shutting down"));
  }
  CHECK(node.daemon().WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10)));
  CHECK(ProcessesWith("sleep " + seconds).empty());
}
