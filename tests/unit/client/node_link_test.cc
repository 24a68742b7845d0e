// More executions than one connection takes, on a node that takes no second one.
#include "client/node_link.h"

#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <set>
#include <thread>

#include "client/execution.h"
#include "client/wire.h"
#include "tests/unit/client/fake_node.h"

using muster::Call;
using muster::FakeNode;
using muster::NodeLink;
using muster::Outcome;

namespace {

constexpr int kPlaces = muster::Lanes::kMaxExecutions;

bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 3000 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

// A node whose executions, named by their sources, end when they are told to; and the way to it.
class Place {
 public:
  Place() {
    char name[] = "/tmp/muster-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    muster::Address address;
    address.path = Socket();
    link_ = std::make_shared<NodeLink>("n1", address);
    node_ = std::make_unique<FakeNode>(Socket(),
                                       [this](auto* context, const auto& request, auto* writer) {
                                         return Run(context, request.python().source(), writer);
                                       });
  }
  ~Place() {
    node_->Stop();
    std::filesystem::remove_all(folder_);
  }

  Call Execute(int source) const {
    auto state = std::make_shared<Call::State>("n1");
    auto execution = std::make_shared<muster::Execution>(
        state, link_, muster::wire::ToRequest(muster::python(std::to_string(source)), {}, "n1"));
    state->SetControl(execution);
    execution->Begin();
    return Call(state);
  }
  std::vector<Call> FillOneConnection() const {
    std::vector<Call> calls;
    for (int i = 0; i < kPlaces; ++i) calls.push_back(Execute(i));
    REQUIRE(Eventually([&] { return node_->executions == kPlaces; }));
    return calls;
  }
  // Whether connect(2) finds it from now on.
  void SetReachable(bool is_reachable) const {
    std::filesystem::rename(is_reachable ? Socket() + ".away" : Socket(),
                            is_reachable ? Socket() : Socket() + ".away");
  }
  void End(int source) {
    const muster::MutexLock lock(mutex_);
    ended_.insert(std::to_string(source));
  }
  void EndAll() { ends_all_ = true; }
  bool HasStarted(int source) {
    const muster::MutexLock lock(mutex_);
    return started_.count(std::to_string(source)) > 0;
  }
  FakeNode& node() { return *node_; }
  NodeLink& link() { return *link_; }

 private:
  std::string Socket() const { return folder_ + "/n1.sock"; }
  bool Ends(const std::string& source) {
    const muster::MutexLock lock(mutex_);
    return ends_all_ || ended_.count(source) > 0;
  }
  grpc::Status Run(grpc::ServerContext* context, const std::string& source,
                   FakeNode::Writer* writer) {
    {
      const muster::MutexLock lock(mutex_);
      started_.insert(source);
    }
    FakeNode::Started(writer);
    while (!Ends(source)) {
      if (context->IsCancelled()) return grpc::Status::CANCELLED;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FakeNode::Outcome(writer, muster::v1::Outcome::KIND_OK);
    return grpc::Status::OK;
  }

  std::string folder_;
  std::shared_ptr<NodeLink> link_;
  std::atomic<bool> ends_all_{false};
  muster::Mutex mutex_;
  std::set<std::string> started_ MUSTER_GUARDED_BY(mutex_);
  std::set<std::string> ended_ MUSTER_GUARDED_BY(mutex_);
  std::unique_ptr<FakeNode> node_;  // last: its threads use what is above
};

}  // namespace

TEST_CASE("without a further connection executions wait for a place, in order") {
  Place place;
  std::vector<Call> running = place.FillOneConnection();
  place.SetReachable(false);
  Call first = place.Execute(1001);
  Call second = place.Execute(1002);
  Call third = place.Execute(1003);
  CHECK(first.wait_for(std::chrono::milliseconds(100)) == nullptr);

  // Who waits can be stopped, and was never sent.
  second.cancel();
  CHECK(second.wait().describe() ==
        "cancelled: by this program, before it was sent; nothing was started");
  // What runs can be stopped, and questions are answered.
  running.back().cancel();
  CHECK(Eventually([&] { return place.node().cancels == 1; }));

  CHECK_FALSE(place.HasStarted(1001));
  place.End(0);
  CHECK(running.front().wait().ok());
  CHECK(Eventually([&] { return place.HasStarted(1001); }));
  CHECK_FALSE(place.HasStarted(1003));
  place.End(1);
  CHECK(Eventually([&] { return place.HasStarted(1003); }));
  place.EndAll();
  CHECK(first.wait().ok());
  CHECK(third.wait().ok());
  for (Call& call : running) CHECK(call.wait().ok());
  CHECK_FALSE(place.HasStarted(1002));
  CHECK(place.node().hellos == 1);
}

TEST_CASE("a further connection that could not be had is tried again while somebody waits") {
  Place place;
  const std::vector<Call> running = place.FillOneConnection();
  place.SetReachable(false);
  Call waiting = place.Execute(1001);
  CHECK(waiting.wait_for(std::chrono::milliseconds(100)) == nullptr);
  place.SetReachable(true);
  CHECK(Eventually([&] { return place.HasStarted(1001); }));
  CHECK(place.node().hellos == 2);
  place.EndAll();
  CHECK(waiting.wait().ok());
}

TEST_CASE("when the node goes, what ran is lost and what waited for a place unreachable") {
  Place place;
  std::vector<Call> running = place.FillOneConnection();
  place.SetReachable(false);
  Call waiting = place.Execute(1001);
  Call dropped = place.Execute(1002);
  dropped = place.Execute(1003);
  place.node().Stop();
  CHECK(waiting.wait().kind == Outcome::Kind::kUnreachable);
  CHECK(dropped.wait().kind == Outcome::Kind::kUnreachable);
  CHECK(std::all_of(running.begin(), running.end(),
                    [](Call& call) { return call.wait().kind == Outcome::Kind::kLost; }));
  CHECK_FALSE(place.HasStarted(1001));
}

TEST_CASE("places are used again, so that few at a time need one connection") {
  Place place;
  place.EndAll();
  for (int round = 0; round < 5; ++round) {
    std::vector<Call> calls;
    for (int i = 0; i < kPlaces / 2; ++i) calls.push_back(place.Execute(i));
    for (Call& call : calls) CHECK(call.wait().ok());
  }
  CHECK(place.node().hellos == 1);
}
