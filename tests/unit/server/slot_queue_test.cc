#include "server/execution/slot_queue.h"

#include <catch2/catch.hpp>
#include <map>

using namespace muster::server;  // NOLINT: a test of this namespace

namespace {

class DeafSink final : public ExecutionSink {
 public:
  bool OnOutput(OutputStream, std::string) override { return true; }
  void OnOutcome(Outcome) override {}
};

// A queue with the table that it is for: 0 is gpu, of 2; 1 is license, of 4.
class Node {
 public:
  void Ask(const std::string& name, SlotAsks asks, const std::string& client = "a",
           bool is_python = false) {
    ExecutionRequest request;
    request.key.stream_id = client;
    request.slots = std::move(asks);
    if (is_python) request.launch.kind = LaunchRequest::Kind::kPython;
    made_[name] = std::make_shared<Execution>(loop_, std::move(request),
                                              std::make_shared<DeafSink>(), [](Execution&) {});
    queue_.Push(made_[name]);
  }
  // Starts all that may start now; their names.
  std::string Start(bool is_python = false) {
    std::string names;
    while (const auto next = queue_.Pop(is_python)) {
      for (const auto& [name, execution] : made_) {
        if (execution != next) continue;
        names += name;
        grants_[name] = *table_.Take(next->request().slots);
      }
    }
    return names;
  }
  void End(const std::string& name) {
    table_.GiveBack(grants_[name]);
    grants_.erase(name);
  }
  bool Leave(const std::string& name) { return queue_.Remove(*made_[name]); }
  SlotQueue& queue() { return queue_; }

 private:
  EventLoop loop_;
  SlotTable table_{{{"gpu", 2, {"0", "1"}}, {"license", 4, {"0", "1", "2", "3"}}}};
  SlotQueue queue_{table_};
  std::map<std::string, std::shared_ptr<Execution>> made_;
  std::map<std::string, SlotGrant> grants_;
};

}  // namespace

TEST_CASE("First come, first served; who asks for much is not passed by who asks for little") {
  Node node;
  node.Ask("1", {{0, 1}});
  CHECK(node.Start() == "1");
  node.Ask("2", {{0, 2}});
  for (const char* name : {"3", "4", "5"}) node.Ask(name, {{0, 1}});
  CHECK(node.Start().empty());
  CHECK(node.queue().AskedOf(0) == 5);
  node.End("1");
  CHECK(node.Start() == "2");
  node.End("2");
  CHECK(node.Start() == "34");
  node.End("4");
  CHECK(node.Start() == "5");
  CHECK(node.queue().IsEmpty());
  CHECK(node.queue().AskedOf(0) == 0);
}

TEST_CASE("Who waits for two kinds keeps both for itself; who wants neither does not wait") {
  Node node;
  node.Ask("g", {{0, 2}});
  CHECK(node.Start() == "g");
  node.Ask("b", {{0, 1}, {1, 3}});
  node.Ask("l", {{1, 2}});
  node.Ask("m", {{1, 2}});
  CHECK(node.Start().empty());  // licenses are free, but b waits for them longer
  node.End("g");
  CHECK(node.Start() == "b");
  node.End("b");
  CHECK(node.Start() == "lm");

  Node other;
  other.Ask("g", {{0, 2}});
  other.Ask("h", {{0, 1}});
  other.Ask("l", {{1, 1}});
  CHECK(other.Start() == "gl");
}

TEST_CASE("A stream of those that fit does not starve the one that does not fit yet") {
  Node node;
  node.Ask("0", {{0, 1}});
  node.Ask("1", {{0, 1}});
  CHECK(node.Start() == "01");
  node.Ask("big", {{0, 2}, {1, 1}});
  int ended = 0;
  for (int i = 2; i < 50; ++i) {
    node.Ask(std::to_string(i), {{0, 1}});
    if (i % 2 == 0 && ended < 2) node.End(std::to_string(ended++));
    if (node.Start() == "big") {
      CHECK(ended == 2);
      return;
    }
  }
  FAIL("it never started");
}

TEST_CASE("Clients take turns, and lines of different kinds do") {
  Node node;
  node.Ask("x", {{0, 2}});
  CHECK(node.Start() == "x");
  for (const char* name : {"a", "b", "c", "d"}) node.Ask(name, {{0, 2}}, "one");
  node.Ask("e", {{0, 2}}, "two");
  node.Ask("f", {{0, 1}, {1, 1}}, "three");
  std::string order;
  for (std::string last = "x"; !node.queue().IsEmpty();) {
    node.End(last);
    last = node.Start();
    order += last;
  }
  CHECK(order == "afbecd");
}

TEST_CASE("Who leaves the queue lets those behind it pass") {
  Node node;
  node.Ask("1", {{0, 1}});
  CHECK(node.Start() == "1");
  node.Ask("2", {{0, 2}});
  node.Ask("3", {{0, 1}});
  node.Ask("4", {{0, 1}});
  CHECK(node.Start().empty());
  CHECK(node.Leave("2"));
  CHECK_FALSE(node.Leave("2"));
  CHECK_FALSE(node.Leave("1"));
  CHECK(node.Leave("4"));
  CHECK(node.Start() == "3");
  CHECK(node.queue().IsEmpty());
}

TEST_CASE("Python and programs stand in one line") {
  Node node;
  node.Ask("p", {{0, 2}}, "a", true);
  node.Ask("s", {{0, 1}});
  CHECK_FALSE(node.queue().HasNext(false));
  CHECK(node.queue().HasNext(true));
  CHECK(node.Start(true) == "p");
  CHECK_FALSE(node.queue().HasNext(false));
  node.End("p");
  CHECK(node.queue().HasNext(false));
  CHECK(node.Start() == "s");
}
