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

TEST_CASE("Names that load code are an admin's, whatever the value; others are anybody's") {
  const auto refusal_for = [](Role role, const std::string& name) {
    v1::ExecuteRequest message = Valid();
    message.add_environment()->set_name(name);
    Identity caller = Caller(7);
    caller.role = role;
    const auto read = ReadRequest(message, caller);
    const auto* refusal = std::get_if<Refusal>(&read);
    return refusal == nullptr ? "" : refusal->reason;
  };
  for (const char* name : {"LD_PRELOAD", "LD_ANYTHING", "PYTHONPATH", "PYTHONHOME", "BASH_ENV",
                           "ENV", "BASH_FUNC_x", "IFS", "PERL5OPT", "NODE_OPTIONS"}) {
    CAPTURE(name);
    CHECK_THAT(refusal_for(Role::kExec, name), Catch::Contains(name) && Catch::Contains("admin"));
    CHECK_FALSE(refusal_for(Role::kFiles, name).empty());
    CHECK(refusal_for(Role::kAdmin, name).empty());
  }
  for (const char* name : {"LD", "ld_preload", "MY_LD_PRELOAD", "PATH", "HOME", "ENVIRONMENT"}) {
    CAPTURE(name);
    CHECK(refusal_for(Role::kExec, name).empty());
  }
}

TEST_CASE("What is too long for the kernel is refused with its limit, and so is a NUL") {
  const std::string large(200u << 10, 'x');
  v1::ExecuteRequest message = Valid();
  message.add_environment()->set_name("A");
  message.mutable_environment(0)->set_value(large);
  CHECK_THAT(RefusalOf(message),
             Catch::Contains("variable A has 204802 bytes") && Catch::Contains("131071"));
  message = Valid();
  message.mutable_argv()->add_arguments("true");
  message.mutable_argv()->add_arguments(large);
  CHECK_THAT(RefusalOf(message),
             Catch::Contains("argument 1 has 204800 bytes") && Catch::Contains("131071"));
  message.mutable_argv()->set_arguments(1, std::string("a\0b", 3));
  CHECK_THAT(RefusalOf(message), Catch::Contains("argument 1 holds a NUL"));
  message.mutable_argv()->set_arguments(1, "a\nb");
  CHECK(RefusalOf(message).empty());
  message = Valid();
  message.mutable_shell()->set_source(std::string("true\0", 5));
  CHECK_THAT(RefusalOf(message), Catch::Contains("holds a NUL"));
  // A name may be as long as a message.
  message = Valid();
  message.add_environment()->set_name("LD_" + std::string(3u << 20, 'X'));
  CHECK(RefusalOf(message).size() < 400);
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
