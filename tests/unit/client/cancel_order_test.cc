#include "client/cancel_order.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "client/execution_id.h"
#include "tests/unit/client/fake_node.h"

using Catch::Contains;
using muster::FakeNode;
using std::chrono::milliseconds;

namespace {

constexpr char kId[] = "00112233445566778899aabbccddeeff-7";

// A node that executes nothing, and the way to it.
class Place {
 public:
  Place() {
    char name[] = "/tmp/muster-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    muster::Address address;
    address.path = folder_ + "/n1.sock";
    link_ = std::make_shared<muster::NodeLink>("n1", address);
  }
  ~Place() { std::filesystem::remove_all(folder_); }

  std::unique_ptr<FakeNode> Serve() const {
    return std::make_unique<FakeNode>(folder_ + "/n1.sock",
                                      [](auto*, const auto&, auto*) { return grpc::Status::OK; });
  }
  absl::Status Give(milliseconds timeout = milliseconds(5000)) const {
    const auto id = muster::ParseExecutionId(kId);
    return std::make_shared<muster::CancelOrder>(link_, *id, std::nullopt)->Give(timeout);
  }

 private:
  std::string folder_;
  std::shared_ptr<muster::NodeLink> link_;
};

}  // namespace

TEST_CASE("an order to stop is given once, and says when there is nothing to stop") {
  const Place place;
  const auto node = place.Serve();
  CHECK(place.Give().ok());
  CHECK(node->cancels == 1);
  node->cancel_code = grpc::StatusCode::NOT_FOUND;
  const absl::Status status = place.Give();
  CHECK(status.code() == absl::StatusCode::kNotFound);
  CHECK(std::string(status.message()) ==
        std::string("no execution ") + kId + " of this user runs or waits on n1");
}

TEST_CASE("an order that a node does not take says so, in the node's words") {
  const Place place;
  const auto node = place.Serve();
  node->cancel_code = grpc::StatusCode::INTERNAL;
  const absl::Status status = place.Give();
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(status.message()), Contains("n1 did not take the order"));
}

TEST_CASE("an order for a node that is not there says why, and one that hangs is given up") {
  const Place place;
  CHECK_THAT(std::string(place.Give().message()), Contains("cannot reach n1"));
  const auto node = place.Serve();
  node->hello_delay_ms = 500;
  const absl::Status late = place.Give(milliseconds(50));
  CHECK(late.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(late.message()), Contains("no answer from n1 within 50 ms"));
  node->hello_delay_ms = 0;
  CHECK(place.Give().ok());
  CHECK(node->cancels == 1);  // what was given up is not sent later
  node->cancel_delay_ms = 500;
  CHECK_THAT(std::string(place.Give(milliseconds(50)).message()), Contains("is not known"));
}
