// A request as a client may have sent it: what passes the check can be launched.
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <string>

#include "common/limits.h"
#include "server/service/wire.h"
#include "tests/fuzz/require.h"

using muster::server::ExecutionRequest;
using muster::server::LaunchRequest;
using muster::test::Require;

namespace {

constexpr uid_t kCaller = 1000;
constexpr std::chrono::hours kYear(24 * 365);

bool IsArgument(const std::string& text) {
  return text.size() <= muster::kMaxArgumentBytes && text.find('\0') == std::string::npos;
}

void CheckLaunch(const LaunchRequest& launch) {
  if (launch.kind == LaunchRequest::Kind::kArgv) {
    Require(!launch.arguments.empty() && !launch.arguments[0].empty(), "argv names a program");
    for (const std::string& argument : launch.arguments) {
      Require(IsArgument(argument), "exec takes every argument");
    }
  } else {
    Require(!launch.source.empty() && launch.source.size() <= muster::kMaxSourceBytes,
            "a source has its size");
    Require(launch.arguments.empty(), "a source has no arguments");
    Require(launch.kind == LaunchRequest::Kind::kPython ||
                launch.source.find('\0') == std::string::npos,
            "a shell takes every source");
  }
  for (const std::string& variable : launch.environment) {
    Require(IsArgument(variable), "exec takes every variable");
    Require(variable.find('=') != std::string::npos && variable[0] != '=', "a variable has a name");
  }
  Require(IsArgument(launch.directory), "chdir takes the directory");
  Require(launch.grace.count() >= 0 && launch.grace <= kYear, "a grace has its bounds");
  Require(!launch.deadline || (launch.deadline->count() >= 0 && *launch.deadline <= kYear),
          "a deadline has its bounds");
  const std::optional<LaunchRequest> again = LaunchRequest::Decode(launch.Encode());
  Require(again && again->Encode() == launch.Encode(), "a supervisor reads what is launched");
}

muster::server::Identity Caller() {
  muster::server::Identity identity;
  identity.uid = kCaller;
  identity.role = muster::server::Role::kExec;
  return identity;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // It prints a line for each text that is not UTF-8.
  [[maybe_unused]] static auto* const kLog = google::protobuf::SetLogHandler(nullptr);
  muster::v1::ExecuteRequest message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto read = muster::server::ReadRequest(message, Caller());
  if (const auto* refusal = std::get_if<muster::server::Refusal>(&read)) {
    Require(!refusal->reason.empty(), "a refusal has a reason");
    Require(refusal->reason.find('\n') == std::string::npos, "a reason is one line");
  } else if (const auto* malformed = std::get_if<muster::server::Malformed>(&read)) {
    Require(!malformed->message.empty(), "an error has a message");
  } else {
    const auto& request = std::get<ExecutionRequest>(read);
    Require(request.key.caller == kCaller && request.key.sequence > 0, "an execution has its key");
    CheckLaunch(request.launch);
  }
  return 0;
}
