#include "server/service/wire.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>

#include "common/limits.h"
#include "common/variable_name.h"

namespace muster::server {
LaunchRequest::Form ReadForm(v1::PythonSource::Form form) {
  switch (form) {
    case v1::PythonSource::FORM_STR:
      return LaunchRequest::Form::kStr;
    case v1::PythonSource::FORM_DATA:
      return LaunchRequest::Form::kData;
    default:
      return LaunchRequest::Form::kRepr;
  }
}

namespace {

constexpr std::size_t kStreamIdBytes = 16;
// Of a name in a message, which may be as long as an argument.
constexpr std::size_t kShownNameBytes = 64;
// Longer times mean "never"; steady_clock must not overflow.
constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);

std::chrono::milliseconds Bounded(std::uint64_t milliseconds) {
  return std::chrono::milliseconds(
      std::min<std::uint64_t>(milliseconds, static_cast<std::uint64_t>(kLongest.count())));
}

std::optional<std::string> CheckSource(const std::string& source, const char* what) {
  if (source.size() > kMaxSourceBytes) {
    return absl::StrCat("the ", what, " source has ", source.size(), " bytes; the limit is ",
                        kMaxSourceBytes, " (3 MiB)");
  }
  if (absl::StripAsciiWhitespace(source).empty()) return std::string("the command is empty");
  return std::nullopt;
}

std::optional<std::string> CheckArgument(const std::string& argument, const std::string& what) {
  if (argument.size() > kMaxArgumentBytes) {
    return absl::StrCat(what, " has ", argument.size(), " bytes; the kernel's limit is ",
                        kMaxArgumentBytes);
  }
  if (absl::StrContains(argument, '\0')) {
    return absl::StrCat(what, " holds a NUL, which no program can be given");
  }
  return std::nullopt;
}

std::optional<std::string> CheckArguments(const std::vector<std::string>& arguments,
                                          const char* what) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto problem = CheckArgument(arguments[i], absl::StrCat(what, " ", i));
    if (problem) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> ReadFiles(const v1::FileTransfer& message, LaunchRequest& launch) {
  launch.kind = LaunchRequest::Kind::kFiles;
  const bool is_put = message.direction() == v1::FileTransfer::DIRECTION_PUT;
  if (!is_put && message.direction() != v1::FileTransfer::DIRECTION_GET) {
    return std::string("a transfer of files is a put or a get");
  }
  if (message.paths().empty() || (is_put && message.paths_size() != 1)) {
    return std::string("a put names one destination, a get at least one path");
  }
  launch.arguments = {is_put ? "put" : "get"};
  launch.arguments.insert(launch.arguments.end(), message.paths().begin(), message.paths().end());
  return CheckArguments(launch.arguments, "path");
}

std::optional<std::string> ReadCommand(const v1::ExecuteRequest& message, LaunchRequest& launch) {
  switch (message.command_case()) {
    case v1::ExecuteRequest::kPython:
      launch.kind = LaunchRequest::Kind::kPython;
      launch.form = ReadForm(message.python().form());
      launch.source = message.python().source();
      return CheckSource(launch.source, "Python");
    case v1::ExecuteRequest::kShell:
      launch.kind = LaunchRequest::Kind::kShell;
      launch.source = message.shell().source();
      if (absl::StrContains(launch.source, '\0')) {
        return std::string("the shell source holds a NUL, which no shell can be given");
      }
      return CheckSource(launch.source, "shell");
    case v1::ExecuteRequest::kArgv: {
      launch.kind = LaunchRequest::Kind::kArgv;
      launch.arguments.assign(message.argv().arguments().begin(), message.argv().arguments().end());
      if (launch.arguments.empty() || launch.arguments[0].empty()) {
        return std::string("the command is empty");
      }
      return CheckArguments(launch.arguments, "argument");
    }
    case v1::ExecuteRequest::kFiles:
      return ReadFiles(message.files(), launch);
    case v1::ExecuteRequest::COMMAND_NOT_SET:
      break;
  }
  return std::string("the command is empty");
}

std::optional<std::string> ReadEnvironment(const v1::ExecuteRequest& message, Role role,
                                           LaunchRequest& launch) {
  for (const v1::EnvironmentVariable& variable : message.environment()) {
    if (!IsVariableName(variable.name())) {
      return std::string(
          "an environment variable's name is made of letters, digits and _, and does not begin "
          "with "
          "a digit");
    }
    if (role < Role::kAdmin && LoadsCode(variable.name())) {
      return absl::StrCat("the environment variable ", variable.name().substr(0, kShownNameBytes),
                          " makes programs run code of its choice, which takes the role admin; "
                          "set it inside the command");
    }
    launch.environment.push_back(absl::StrCat(variable.name(), "=", variable.value()));
    auto problem = CheckArgument(
        launch.environment.back(),
        absl::StrCat("the environment variable ", variable.name().substr(0, kShownNameBytes)));
    if (problem) return problem;
  }
  return std::nullopt;
}

// A limit of 0 lets nothing run: more likely a mistake than a wish.
std::optional<std::string> ReadLimits(const v1::Limits& message, Limits& limits) {
  const auto read = [](bool has, std::uint64_t value, const char* what,
                       std::optional<std::uint64_t>& limit) -> std::optional<std::string> {
    if (!has) return std::nullopt;
    if (value == 0) return absl::StrCat("a limit of 0 for ", what, " lets nothing run");
    limit = value;
    return std::nullopt;
  };
  std::optional<std::uint64_t> cpu_ms;
  for (const auto& problem :
       {read(message.has_cpu_ms(), message.cpu_ms(), "CPU time", cpu_ms),
        read(message.has_memory_bytes(), message.memory_bytes(), "memory", limits.memory_bytes),
        read(message.has_processes(), message.processes(), "processes", limits.processes),
        read(message.has_open_files(), message.open_files(), "open files", limits.open_files)}) {
    if (problem) return problem;
  }
  if (cpu_ms) limits.cpu = Bounded(*cpu_ms);
  // Programs that write nothing are many.
  if (message.has_file_size_bytes()) limits.file_size_bytes = message.file_size_bytes();
  if (message.has_output_bytes()) limits.output_bytes = message.output_bytes();
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> ReadDeadline(const v1::ExecuteRequest& message) {
  if (!message.has_deadline_ms()) return std::nullopt;
  return Bounded(message.deadline_ms());
}

std::chrono::milliseconds ReadGrace(const v1::ExecuteRequest& message) {
  return message.has_grace_ms() ? Bounded(message.grace_ms()) : kDefaultGrace;
}

ExecutionKey ReadKey(const v1::ExecutionId& id, uid_t caller) {
  return {caller, id.stream_id(), id.sequence()};
}

void WriteKey(const ExecutionKey& key, v1::ExecutionId& id) {
  id.set_stream_id(key.stream_id);
  id.set_sequence(key.sequence);
}

std::variant<ExecutionRequest, Refusal, Malformed> ReadRequest(const v1::ExecuteRequest& message,
                                                               const Identity& caller) {
  if (message.id().stream_id().size() != kStreamIdBytes || message.id().sequence() == 0) {
    return Malformed{"an execution id is a stream id of 16 bytes and a sequence number from 1"};
  }
  ExecutionRequest request;
  request.key = ReadKey(message.id(), caller.uid);
  if (auto problem = ReadCommand(message, request.launch)) return Refusal{*problem};
  if (auto problem = ReadEnvironment(message, caller.role, request.launch))
    return Refusal{*problem};
  request.launch.directory = message.directory();
  if (auto problem = CheckArgument(request.launch.directory, "the directory")) {
    return Refusal{*problem};
  }
  request.launch.deadline = ReadDeadline(message);
  if (message.leftovers() == v1::LEFTOVERS_REAP) {
    request.launch.leftovers = LaunchRequest::Leftovers::kReap;
  } else if (message.leftovers() == v1::LEFTOVERS_KEEP) {
    request.launch.leftovers = LaunchRequest::Leftovers::kKeep;
  }
  if (auto problem = ReadLimits(message.limits(), request.launch.limits)) return Refusal{*problem};
  request.launch.grace = ReadGrace(message);
  request.tells_waiting = message.tells_waiting();
  return request;
}

std::optional<std::string> ReadResources(const v1::ExecuteRequest& message,
                                         const std::vector<Slot>& slots,
                                         ExecutionRequest& request) {
  std::vector<NamedCount> wanted;
  for (const v1::Resource& resource : message.resources()) {
    wanted.push_back({resource.name(), resource.count()});
  }
  absl::StatusOr<SlotAsks> asks = MatchSlots(slots, wanted);
  if (!asks.ok()) return std::string(asks.status().message());
  if (message.leftovers() == v1::LEFTOVERS_KEEP) {
    return std::string(
        "what holds resources leaves nothing behind: keep does not go together with them");
  }
  request.slots = *std::move(asks);
  // They are free again at its end, and nothing of it may use them then.
  request.launch.leftovers = LaunchRequest::Leftovers::kReap;
  return std::nullopt;
}

v1::ExecuteEvent WriteOutput(OutputStream stream, std::string data) {
  v1::ExecuteEvent event;
  if (stream == OutputStream::kValue) {
    event.mutable_value()->set_text(std::move(data));
    return event;
  }
  event.mutable_output()->set_stream(stream == OutputStream::kStdout ? v1::Output::STREAM_STDOUT
                                                                     : v1::Output::STREAM_STDERR);
  event.mutable_output()->set_data(std::move(data));
  return event;
}

namespace {

v1::Outcome::Kind WriteKind(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kOk:
      return v1::Outcome::KIND_OK;
    case Outcome::Kind::kFailed:
      return v1::Outcome::KIND_FAILED;
    case Outcome::Kind::kSignalled:
      return v1::Outcome::KIND_SIGNALLED;
    case Outcome::Kind::kTimedOut:
      return v1::Outcome::KIND_TIMED_OUT;
    case Outcome::Kind::kCancelled:
      return v1::Outcome::KIND_CANCELLED;
    case Outcome::Kind::kOutOfMemory:
      return v1::Outcome::KIND_OUT_OF_MEMORY;
    case Outcome::Kind::kLimit:
      return v1::Outcome::KIND_LIMIT;
    case Outcome::Kind::kStartFailed:
      return v1::Outcome::KIND_START_FAILED;
    case Outcome::Kind::kRefused:
      return v1::Outcome::KIND_REFUSED;
    case Outcome::Kind::kLost:
      return v1::Outcome::KIND_LOST;
    case Outcome::Kind::kUnkillable:
      return v1::Outcome::KIND_UNKILLABLE;
  }
  return v1::Outcome::KIND_LOST;
}

}  // namespace

v1::ExecuteEvent WriteOutcome(const Outcome& outcome) {
  v1::ExecuteEvent event;
  WriteOutcomeTo(outcome, *event.mutable_outcome());
  return event;
}

void WriteOutcomeTo(const Outcome& outcome, v1::Outcome& message) {
  message.set_kind(WriteKind(outcome.kind));
  message.set_exit_code(outcome.exit_code);
  message.set_signal(outcome.signal);
  message.set_error_number(outcome.error_number);
  message.set_pid(outcome.pid);
  message.set_reason(outcome.reason);
  message.set_has_value(outcome.has_value);
  message.set_value_is_data(outcome.value_is_data);
  if (outcome.exception) {
    message.mutable_exception()->set_type(outcome.exception->type);
    message.mutable_exception()->set_message(outcome.exception->message);
    message.mutable_exception()->set_traceback(outcome.exception->traceback);
    message.mutable_exception()->set_line(outcome.exception->line);
    for (const auto& cause : outcome.exception->causes) {
      v1::ExceptionCause& written = *message.mutable_exception()->add_causes();
      written.set_type(cause.type);
      written.set_message(cause.message);
      written.set_is_explicit(cause.is_explicit);
    }
  }
  v1::Usage& usage = *message.mutable_usage();
  usage.set_wall_us(static_cast<std::uint64_t>(outcome.usage.wall.count()));
  usage.set_cpu_us(static_cast<std::uint64_t>(outcome.usage.cpu.count()));
  usage.set_queued_us(static_cast<std::uint64_t>(outcome.usage.queued.count()));
  usage.set_peak_memory_bytes(outcome.usage.peak_memory_bytes);
  usage.set_stdout_bytes(outcome.usage.stdout_bytes);
  usage.set_stderr_bytes(outcome.usage.stderr_bytes);
  usage.set_reaped(outcome.usage.reaped);
  usage.set_left(outcome.usage.left);
  usage.set_stop_us(static_cast<std::uint64_t>(outcome.usage.stop.count()));
  usage.set_input_bytes(outcome.usage.input_bytes);
}

}  // namespace muster::server
