// What broke off before the node accepted it is sent once more, and never where it could start
// twice.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "client/execution.h"
#include "client/wire.h"
#include "common/mutex.h"
#include "tests/unit/client/fake_node.h"

using Catch::Contains;
using muster::Call;
using muster::FakeNode;
using muster::Outcome;
namespace v1 = muster::v1;

namespace {

const grpc::Status kBroken(grpc::StatusCode::UNAVAILABLE, "GOAWAY received");

// A node that ends each request as the next of `ends` says, and runs it when there is none left.
class Place {
 public:
  explicit Place(std::vector<grpc::Status> ends) : ends_(std::move(ends)) {
    char name[] = "/tmp/muster-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    muster::Address address;
    address.path = folder_ + "/n1.sock";
    node_ = std::make_unique<FakeNode>(
        address.path, [this](auto*, const v1::ExecuteRequest& request, FakeNode::Writer* writer) {
          {
            const muster::MutexLock lock(mutex_);
            ids_.push_back(request.id().SerializeAsString());
            if (ids_.size() <= ends_.size()) return ends_[ids_.size() - 1];
          }
          FakeNode::Started(writer);
          FakeNode::Outcome(writer, v1::Outcome::KIND_OK);
          return grpc::Status::OK;
        });
    link_ = std::make_shared<muster::NodeLink>("n1", address);
  }
  ~Place() { std::filesystem::remove_all(folder_); }

  Outcome Run() const {
    const auto state = std::make_shared<Call::State>("n1");
    const auto execution = std::make_shared<muster::Execution>(
        state, link_, muster::wire::ToRequest(muster::python("1"), {}, "n1"));
    state->SetControl(execution);
    execution->Begin();
    return state->Wait();
  }
  FakeNode& node() { return *node_; }
  std::vector<std::string> ids() const {
    const muster::MutexLock lock(mutex_);
    return ids_;
  }

 private:
  const std::vector<grpc::Status> ends_;
  std::string folder_;
  mutable muster::Mutex mutex_;
  std::vector<std::string> ids_ MUSTER_GUARDED_BY(mutex_);
  std::unique_ptr<FakeNode> node_;
  std::shared_ptr<muster::NodeLink> link_;
};

}  // namespace

TEST_CASE("what breaks off unaccepted is sent again with its id, over a new connection") {
  Place place({kBroken});
  CHECK(place.Run().ok());
  REQUIRE(place.ids().size() == 2);
  CHECK(place.ids()[0] == place.ids()[1]);
  CHECK(place.node().hellos == 2);
}

TEST_CASE("what breaks off twice is lost, and is not sent a third time") {
  Place place({kBroken, kBroken});
  const Outcome outcome = place.Run();
  CHECK(outcome.kind == Outcome::Kind::kLost);
  CHECK_THAT(outcome.reason, Contains("GOAWAY received"));
  CHECK(place.ids().size() == 2);
}

TEST_CASE("what had been started when its connection broke is lost, and not refused") {
  Place place({kBroken, {grpc::StatusCode::ALREADY_EXISTS, "was started"}});
  const Outcome outcome = place.Run();
  CHECK(outcome.kind == Outcome::Kind::kLost);
  CHECK_THAT(outcome.reason, Contains("whether it finished is not known"));
}

TEST_CASE("what broke off is not sent to another life of the daemon") {
  Place place({kBroken, kBroken});
  // Of the connection made next.
  place.node().changes_incarnation = true;
  const Outcome outcome = place.Run();
  CHECK(outcome.kind == Outcome::Kind::kLost);
  CHECK_THAT(outcome.reason, Contains("node restarted"));
  CHECK(place.ids().size() == 1);
}
