#include "client/wire.h"

#include <catch2/catch.hpp>

#include "client/execution_id.h"

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

TEST_CASE("limits, session, place, leftovers and id find their fields") {
  muster::ExecuteOptions options;
  options.limits.cpu = std::chrono::seconds(5);
  options.limits.memory_bytes = 1u << 30;
  options.limits.processes = 3;
  options.limits.file_size_bytes = 0;
  options.limits.open_files = 5;
  options.limits.output_bytes = 6;
  options.resources = {{"memory", 1ull << 40}, {"gpu", 2}};
  options.session = "s";
  options.leftovers = muster::Leftovers::kReap;
  options.id = "00112233445566778899aabbccddeeff-18446744073709551615";
  const auto request = wire::ToRequest("1", options, "", {7, 6});
  CHECK(request.limits().cpu_ms() == 5000);
  CHECK(request.limits().memory_bytes() == 1u << 30);
  CHECK(request.limits().processes() == 3);
  CHECK(request.limits().has_file_size_bytes());
  CHECK(request.limits().file_size_bytes() == 0);
  CHECK(request.limits().open_files() == 5);
  CHECK(request.limits().output_bytes() == 6);
  REQUIRE(request.resources_size() == 2);
  CHECK(request.resources(0).name() == "gpu");
  CHECK(request.resources(0).count() == 2);
  CHECK(request.resources(1).count() == 1ull << 40);
  CHECK(request.session() == "s");
  CHECK(request.size() == 7);
  CHECK(request.rank() == 6);
  CHECK(request.leftovers() == v1::LEFTOVERS_REAP);
  CHECK(request.id().stream_id().size() == 16);
  CHECK(request.id().sequence() == 18446744073709551615u);
}

TEST_CASE("what was not asked for is absent from a request") {
  const auto plain = wire::ToRequest("1", {}, "");
  CHECK_FALSE(plain.has_limits());
  CHECK_FALSE(plain.has_id());
  CHECK(plain.session().empty());
  CHECK(plain.size() == 1);
  CHECK(plain.rank() == 0);
  CHECK(plain.leftovers() == v1::LEFTOVERS_OWN_SESSION);
  muster::ExecuteOptions options;
  options.limits.open_files = 5;
  options.leftovers = muster::Leftovers::kKeep;
  const auto one = wire::ToRequest("1", options, "");
  CHECK(one.leftovers() == v1::LEFTOVERS_KEEP);
  CHECK(one.limits().has_open_files());
  CHECK_FALSE(one.limits().has_cpu_ms());
  CHECK_FALSE(one.limits().has_memory_bytes());
  CHECK_FALSE(one.limits().has_processes());
  CHECK_FALSE(one.limits().has_file_size_bytes());
  CHECK_FALSE(one.limits().has_output_bytes());
}

TEST_CASE("an id has one text, and other texts are told what it looks like") {
  const std::string text = "00112233445566778899aabbccddeeff-1";
  const auto id = muster::ParseExecutionId(text);
  REQUIRE(id.ok());
  CHECK(id->stream_id().substr(0, 2) == std::string("\0\x11", 2));
  CHECK(muster::ToText(*id) == text);
  for (const std::string bad :
       {"", "1", "00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff-",
        "00112233445566778899aabbccddeeff-0", "00112233445566778899aabbccddeeff-01",
        "00112233445566778899aabbccddeeff-+1", "00112233445566778899aabbccddeeff-1 ",
        "00112233445566778899AABBCCDDEEFF-1", "0011223344556677-1",
        "00112233445566778899aabbccddeegg-1", "00112233445566778899aabbccddeeff1-1",
        "00112233445566778899aabbccddeeff-18446744073709551616"}) {
    INFO(bad);
    const auto status = muster::ParseExecutionId(bad).status();
    CHECK_THAT(std::string(status.message()),
               Catch::Contains("\"" + bad + "\" is no id") && Catch::Contains("32 digits"));
  }
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
  message.mutable_usage()->set_input_bytes(3);
  message.mutable_usage()->set_stop_us(4);
  muster::Outcome outcome = wire::TakeOutcome(message, "v", "n1");
  CHECK(outcome.value().text().empty());
  REQUIRE(outcome.exception.has_value());
  CHECK(outcome.exception->message == "\xed\xa0\x80");
  CHECK(outcome.usage.wall.count() == 7);
  CHECK(outcome.usage.left == 2);
  CHECK(outcome.usage.input_bytes == 3);
  CHECK(outcome.usage.stop.count() == 4);
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

TEST_CASE("what runs on a node is listed") {
  v1::DescribeResponse response;
  v1::RunningExecution& running = *response.add_running();
  running.mutable_id()->set_stream_id(std::string(16, '\xab'));
  running.mutable_id()->set_sequence(9);
  running.set_command("sleep 1");
  running.set_age_ms(10);
  running.set_stopping(true);
  running.set_user_id(1000);
  running.set_cpu_us(11);
  running.set_memory_bytes(12);
  running.set_processes(13);
  response.add_running()->set_queued(true);
  const muster::NodeCheck check = wire::ToCheck({1, "n1", "unix:/a"}, response);
  CHECK(check.running == 2);
  REQUIRE(check.executions.size() == 2);
  const muster::RunningExecution& first = check.executions[0];
  CHECK(first.id == "abababababababababababababababab-9");
  CHECK(first.command == "sleep 1");
  CHECK(first.age == std::chrono::milliseconds(10));
  CHECK(first.stopping);
  CHECK_FALSE(first.queued);
  CHECK(first.user_id == 1000);
  CHECK(first.cpu == std::chrono::microseconds(11));
  CHECK(first.memory_bytes == 12);
  CHECK(first.processes == 13);
  CHECK(check.executions[1].queued);
}

TEST_CASE("a value may be wanted, and come, as data") {
  const auto request = wire::ToRequest(muster::python("1", muster::Command::Form::kData), {}, "n1");
  CHECK(request.python().form() == v1::PythonSource::FORM_DATA);
  v1::Outcome message;
  message.set_kind(v1::Outcome::KIND_OK);
  message.set_has_value(true);
  v1::Outcome text = message;
  CHECK(wire::TakeOutcome(text, "\x01", "n1").value().text() == "\x01");
  message.set_value_is_data(true);
  v1::Outcome data = message;
  const muster::Outcome outcome = wire::TakeOutcome(data, "\x01", "n1");
  CHECK(outcome.ok());
  CHECK(*outcome.value().as_int() == 1);
}

TEST_CASE("a node whose value is none is not believed that it went well") {
  v1::Outcome message;
  message.set_kind(v1::Outcome::KIND_OK);
  message.set_has_value(true);
  message.set_value_is_data(true);
  const muster::Outcome outcome = wire::TakeOutcome(message, "\x82\x01", "n1");
  CHECK(outcome.kind == muster::Outcome::Kind::kLost);
  CHECK(outcome.reason ==
        "n1 sent a value that cannot be read (byte 1: more items than bytes); the command itself "
        "ended");
  CHECK_FALSE(outcome.value().is_data());
}
