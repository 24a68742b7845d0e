#include "client/wire.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "client/execution_id.h"

namespace muster::wire {
namespace {

std::optional<Outcome::Kind> ToKind(v1::Outcome::Kind kind) {
  switch (kind) {
    case v1::Outcome::KIND_OK:
      return Outcome::Kind::kOk;
    case v1::Outcome::KIND_FAILED:
      return Outcome::Kind::kFailed;
    case v1::Outcome::KIND_SIGNALLED:
      return Outcome::Kind::kSignalled;
    case v1::Outcome::KIND_TIMED_OUT:
      return Outcome::Kind::kTimedOut;
    case v1::Outcome::KIND_CANCELLED:
      return Outcome::Kind::kCancelled;
    case v1::Outcome::KIND_OUT_OF_MEMORY:
      return Outcome::Kind::kOutOfMemory;
    case v1::Outcome::KIND_LIMIT:
      return Outcome::Kind::kLimit;
    case v1::Outcome::KIND_START_FAILED:
      return Outcome::Kind::kStartFailed;
    case v1::Outcome::KIND_REFUSED:
      return Outcome::Kind::kRefused;
    case v1::Outcome::KIND_UNREACHABLE:
      return Outcome::Kind::kUnreachable;
    case v1::Outcome::KIND_LOST:
      return Outcome::Kind::kLost;
    case v1::Outcome::KIND_SKIPPED:
      return Outcome::Kind::kSkipped;
    case v1::Outcome::KIND_UNKILLABLE:
      return Outcome::Kind::kUnkillable;
    default:
      return std::nullopt;
  }
}

Usage ToUsage(const v1::Usage& wire) {
  Usage usage;
  usage.wall = std::chrono::microseconds(wire.wall_us());
  usage.cpu = std::chrono::microseconds(wire.cpu_us());
  usage.queued = std::chrono::microseconds(wire.queued_us());
  usage.peak_memory_bytes = wire.peak_memory_bytes();
  usage.stdout_bytes = wire.stdout_bytes();
  usage.stderr_bytes = wire.stderr_bytes();
  usage.reaped = wire.reaped();
  usage.left = wire.left();
  usage.input_bytes = wire.input_bytes();
  usage.stop = std::chrono::microseconds(wire.stop_us());
  return usage;
}

v1::Limits ToLimits(const Limits& limits) {
  v1::Limits wire;
  if (limits.cpu) wire.set_cpu_ms(static_cast<std::uint64_t>(limits.cpu->count()));
  if (limits.memory_bytes) wire.set_memory_bytes(*limits.memory_bytes);
  if (limits.processes) wire.set_processes(*limits.processes);
  if (limits.file_size_bytes) wire.set_file_size_bytes(*limits.file_size_bytes);
  if (limits.open_files) wire.set_open_files(*limits.open_files);
  if (limits.output_bytes) wire.set_output_bytes(*limits.output_bytes);
  return wire;
}

// What is not a value makes the whole outcome unbelievable.
void SetValue(bool is_data, std::string value, Outcome& outcome) {
  if (!is_data) {
    outcome.set_value(Value(std::move(value)));
    return;
  }
  Result<Value> data = Value::from_data(std::move(value));
  if (data) {
    outcome.set_value(*std::move(data));
    return;
  }
  outcome.kind = Outcome::Kind::kLost;
  outcome.reason = absl::StrCat(outcome.node, " sent a value that cannot be read (",
                                data.status().message(), "); the command itself ended");
}

v1::Leftovers ToLeftovers(Leftovers leftovers) {
  switch (leftovers) {
    case Leftovers::kOwnSession:
      return v1::LEFTOVERS_OWN_SESSION;
    case Leftovers::kReap:
      return v1::LEFTOVERS_REAP;
    case Leftovers::kKeep:
      return v1::LEFTOVERS_KEEP;
  }
  return v1::LEFTOVERS_OWN_SESSION;
}

RunningExecution ToRunning(const v1::RunningExecution& wire) {
  RunningExecution running;
  running.id = ToText(wire.id());
  running.command = wire.command();
  running.age = std::chrono::milliseconds(wire.age_ms());
  running.queued = wire.queued();
  running.stopping = wire.stopping();
  running.user_id = wire.user_id();
  running.cpu = std::chrono::microseconds(wire.cpu_us());
  running.memory_bytes = wire.memory_bytes();
  running.processes = wire.processes();
  return running;
}

}  // namespace

v1::PythonSource::Form ToForm(Command::Form form) {
  switch (form) {
    case Command::Form::kRepr:
      return v1::PythonSource::FORM_REPR;
    case Command::Form::kStr:
      return v1::PythonSource::FORM_STR;
    case Command::Form::kData:
      return v1::PythonSource::FORM_DATA;
  }
  return v1::PythonSource::FORM_REPR;
}

v1::ExecuteRequest ToRequest(const Command& command, const ExecuteOptions& options,
                             const std::string& node, const Place& place) {
  v1::ExecuteRequest request;
  request.set_node(node);
  switch (command.kind) {
    case Command::Kind::kPython:
      request.mutable_python()->set_source(command.source);
      request.mutable_python()->set_form(ToForm(command.form));
      break;
    case Command::Kind::kShell:
      request.mutable_shell()->set_source(command.source);
      break;
    case Command::Kind::kArgv:
      for (const std::string& argument : command.arguments) {
        request.mutable_argv()->add_arguments(argument);
      }
      break;
  }
  request.set_directory(options.directory);
  for (const auto& [name, value] : options.environment) {
    v1::EnvironmentVariable* variable = request.add_environment();
    variable->set_name(name);
    variable->set_value(value);
  }
  if (options.deadline) {
    request.set_deadline_ms(static_cast<std::uint64_t>(options.deadline->count()));
  }
  request.set_grace_ms(static_cast<std::uint64_t>(options.grace.count()));
  request.set_tells_waiting(options.tells_waiting);
  // Absent when there are none: a daemon then need not look for what it cannot enforce.
  v1::Limits limits = ToLimits(options.limits);
  if (limits.ByteSizeLong() > 0) *request.mutable_limits() = std::move(limits);
  for (const auto& [name, count] : options.resources) {
    v1::Resource& resource = *request.add_resources();
    resource.set_name(name);
    resource.set_count(count);
  }
  request.set_session(options.session);
  request.set_size(place.size);
  request.set_rank(place.rank);
  request.set_leftovers(ToLeftovers(options.leftovers));
  request.set_isolation(options.isolation == Isolation::kFresh ? v1::ISOLATION_FRESH
                                                               : v1::ISOLATION_WORKER);
  if (absl::StatusOr<v1::ExecutionId> id = ParseExecutionId(options.id); id.ok()) {
    *request.mutable_id() = *std::move(id);
  }
  return request;
}

v1::CancelRequest ToCancel(const v1::ExecutionId& id,
                           std::optional<std::chrono::milliseconds> grace) {
  v1::CancelRequest request;
  *request.mutable_id() = id;
  if (grace) request.set_grace_ms(static_cast<std::uint64_t>(grace->count()));
  return request;
}

v1::ExecuteRequest ToRequest(v1::FileTransfer files, const TransferOptions& options,
                             const std::string& node, const Place& place) {
  ExecuteOptions execution;
  execution.deadline = options.deadline;
  execution.grace = options.grace;
  execution.directory = options.directory;
  v1::ExecuteRequest request = ToRequest(shell(""), execution, node, place);
  *request.mutable_files() = std::move(files);
  return request;
}

Event TakeEvent(v1::Output& output) {
  return {output.stream() == v1::Output::STREAM_STDERR ? Event::Stream::kStderr
                                                       : Event::Stream::kStdout,
          std::move(*output.mutable_data())};
}

Outcome TakeOutcome(v1::Outcome& wire, std::string value, const std::string& node) {
  Outcome outcome;
  outcome.node = node;
  outcome.reason = std::move(*wire.mutable_reason());
  if (const std::optional<Outcome::Kind> kind = ToKind(wire.kind())) {
    outcome.kind = *kind;
  } else {
    outcome.kind = Outcome::Kind::kLost;
    outcome.reason =
        absl::StrCat(node, " told an outcome of kind ", static_cast<int>(wire.kind()),
                     ", which this version does not know; update this machine: ", outcome.reason);
  }
  outcome.exit_code = wire.exit_code();
  outcome.signal = wire.signal();
  outcome.error_number = wire.error_number();
  outcome.pid = wire.pid();
  if (wire.has_exception()) {
    v1::Exception& exception = *wire.mutable_exception();
    outcome.exception = Exception{std::move(*exception.mutable_type()),
                                  std::move(*exception.mutable_message()),
                                  std::move(*exception.mutable_traceback()),
                                  exception.line(),
                                  {}};
    for (v1::ExceptionCause& cause : *exception.mutable_causes()) {
      outcome.exception->causes.push_back({std::move(*cause.mutable_type()),
                                           std::move(*cause.mutable_message()),
                                           cause.is_explicit()});
    }
  }
  outcome.usage = ToUsage(wire.usage());
  if (wire.has_value()) SetValue(wire.value_is_data(), std::move(value), outcome);
  return outcome;
}

Session ToSession(const v1::Session& session) {
  Session told;
  told.name = session.name();
  told.kind =
      session.kind() == v1::SESSION_KIND_PYTHON ? SessionKind::kPython : SessionKind::kShell;
  told.running = session.running();
  told.waiting = session.waiting();
  told.age = std::chrono::milliseconds(session.age_ms());
  told.idle = std::chrono::milliseconds(session.idle_ms());
  return told;
}

NodeCheck ToCheck(const Node& node, const v1::DescribeResponse& response) {
  NodeCheck check;
  check.node = node;
  check.functional = !response.draining();
  if (response.draining()) {
    check.reason = absl::StrCat(node.name, " is draining: it ends, and takes nothing new");
  } else if (response.name_is_explicit() && response.name() != node.name) {
    check.functional = false;
    check.reason = absl::StrCat("this is ", response.name(), ", not ", node.name,
                                ": it refuses commands for another; correct the configuration");
  }
  if (check.functional || response.draining()) {
    check.state = check.functional ? "running" : "draining";
  }
  check.version = response.version();
  check.os = response.os();
  check.load = response.load();
  check.ip_addresses.assign(response.ip_addresses().begin(), response.ip_addresses().end());
  check.python = response.python();
  check.pid = response.pid();
  check.cores = response.cores();
  check.workers = response.workers();
  check.memory_bytes = response.memory_bytes();
  check.running = static_cast<std::uint32_t>(response.running_size());
  for (const v1::Slot& slot : response.slots()) {
    check.slots.push_back({slot.name(), slot.total(), slot.free(), slot.waiting()});
  }
  for (const v1::RunningExecution& running : response.running()) {
    check.executions.push_back(ToRunning(running));
  }
  return check;
}

}  // namespace muster::wire
