#include "server/service/wire.h"

#include <catch2/catch.hpp>

#include "common/limits.h"

using namespace muster::server;  // NOLINT: a test of this namespace
namespace v1 = muster::v1;

namespace {

Identity Caller(uid_t uid) {
  Identity identity;
  identity.uid = uid;
  identity.role = Role::kExec;
  return identity;
}

v1::ExecuteRequest Valid() {
  v1::ExecuteRequest message;
  message.mutable_id()->set_stream_id(std::string(16, 's'));
  message.mutable_id()->set_sequence(1);
  message.mutable_shell()->set_source("true");
  return message;
}

std::string RefusalOf(const v1::ExecuteRequest& message) {
  const auto read = ReadRequest(message, Caller(7));
  const auto* refusal = std::get_if<Refusal>(&read);
  return refusal == nullptr ? "" : refusal->reason;
}

}  // namespace

TEST_CASE("A valid request is read with its caller and the default grace") {
  const auto read = ReadRequest(Valid(), Caller(7));
  const auto& request = std::get<ExecutionRequest>(read);
  CHECK(request.key.caller == 7);
  CHECK(request.key.sequence == 1);
  CHECK(request.launch.grace == muster::kDefaultGrace);
  CHECK_FALSE(request.launch.deadline);
}

TEST_CASE("An id that is not one is malformed") {
  v1::ExecuteRequest message = Valid();
  message.mutable_id()->set_stream_id("short");
  CHECK(std::holds_alternative<Malformed>(ReadRequest(message, Caller(0))));
  message = Valid();
  message.mutable_id()->set_sequence(0);
  CHECK(std::holds_alternative<Malformed>(ReadRequest(message, Caller(0))));
}

TEST_CASE("Environment names and values are checked") {
  for (const char* name : {"", "1A", "A=B", "A B", "\xc3\xa4", "A\n"}) {
    v1::ExecuteRequest message = Valid();
    message.add_environment()->set_name(name);
    CHECK_FALSE(RefusalOf(message).empty());
  }
  v1::ExecuteRequest message = Valid();
  message.add_environment()->set_name("A");
  CHECK(RefusalOf(message).empty());
  message.mutable_environment(0)->set_value(std::string("x\0y", 3));
  CHECK_FALSE(RefusalOf(message).empty());
  message.mutable_environment(0)->set_value(std::string(muster::kMaxArgumentBytes - 2, 'x'));
  CHECK(RefusalOf(message).empty());
  message.mutable_environment(0)->set_value(std::string(muster::kMaxArgumentBytes - 1, 'x'));
  CHECK_FALSE(RefusalOf(message).empty());
}

TEST_CASE("The longest times that a client can write do not overflow a clock") {
  v1::ExecuteRequest message = Valid();
  message.set_deadline_ms(~0ULL);
  message.set_grace_ms(~0ULL);
  const auto read = ReadRequest(message, Caller(0));
  const auto& request = std::get<ExecutionRequest>(read);
  CHECK(std::chrono::steady_clock::now() + *request.launch.deadline + request.launch.grace >
        std::chrono::steady_clock::now());
}

TEST_CASE("No command, or an empty one, is refused") {
  v1::ExecuteRequest message = Valid();
  message.clear_command();
  CHECK(RefusalOf(message) == "the command is empty");
}
