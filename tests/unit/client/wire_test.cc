#include "client/wire.h"

#include <catch2/catch.hpp>

namespace v1 = muster::v1;
namespace wire = muster::wire;

TEST_CASE("a command becomes a request with every byte in its place") {
  muster::ExecuteOptions options;
  options.deadline = std::chrono::milliseconds(1500);
  options.grace = std::chrono::milliseconds(20);
  options.directory = "/a b";
  options.environment = {{"A", "\xff"}};
  const std::string source("\xed\xa0\x80\0", 4);  // a lone surrogate and a NUL
  const auto request =
      wire::ToRequest(muster::python(source, muster::Command::Form::kStr), options, "n1");
  CHECK(request.node() == "n1");
  CHECK(request.python().source() == source);
  CHECK(request.python().form() == v1::PythonSource::FORM_STR);
  CHECK(request.deadline_ms() == 1500);
  CHECK(request.grace_ms() == 20);
  CHECK(request.directory() == "/a b");
  REQUIRE(request.environment_size() == 1);
  CHECK(request.environment(0).value() == "\xff");
  CHECK_FALSE(wire::ToRequest("1", {}, "").has_deadline_ms());
  CHECK(wire::ToRequest(muster::shell("ls"), {}, "").shell().source() == "ls");
  CHECK(wire::ToRequest(muster::argv({"a", "b"}), {}, "").argv().arguments_size() == 2);
}

TEST_CASE("every kind of outcome on the wire has its public one") {
  for (int kind = v1::Outcome::KIND_OK; kind <= v1::Outcome::KIND_UNKILLABLE; ++kind) {
    v1::Outcome message;
    message.set_kind(static_cast<v1::Outcome::Kind>(kind));
    const muster::Outcome outcome = wire::TakeOutcome(message, "", "n1");
    CHECK(static_cast<int>(outcome.kind) == kind - 1);
    CHECK(outcome.node == "n1");
  }
}

TEST_CASE("an outcome of a later version is lost, and says so") {
  v1::Outcome message;
  message.set_kind(static_cast<v1::Outcome::Kind>(99));
  const muster::Outcome outcome = wire::TakeOutcome(message, "", "n1");
  CHECK(outcome.kind == muster::Outcome::Kind::kLost);
  CHECK_THAT(outcome.reason, Catch::Contains("kind 99"));
}

TEST_CASE("value, exception and usage arrive") {
  v1::Outcome message;
  message.set_kind(v1::Outcome::KIND_FAILED);
  message.mutable_exception()->set_type("E");
  message.mutable_exception()->set_message("\xed\xa0\x80");
  message.mutable_usage()->set_wall_us(7);
  message.mutable_usage()->set_left(2);
  muster::Outcome outcome = wire::TakeOutcome(message, "v", "n1");
  CHECK(outcome.value().text().empty());
  REQUIRE(outcome.exception.has_value());
  CHECK(outcome.exception->message == "\xed\xa0\x80");
  CHECK(outcome.usage.wall.count() == 7);
  CHECK(outcome.usage.left == 2);
  message.set_has_value(true);
  CHECK(wire::TakeOutcome(message, "v", "n1").value().text() == "v");
}

TEST_CASE("a node that drains is not functional") {
  v1::DescribeResponse response;
  response.set_python("3.11.2");
  CHECK(wire::ToCheck({1, "n1", "unix:/a"}, response).functional);
  response.set_draining(true);
  const muster::NodeCheck check = wire::ToCheck({1, "n1", "unix:/a"}, response);
  CHECK_FALSE(check.functional);
  CHECK_THAT(check.reason, Catch::Contains("n1 is draining"));
}
