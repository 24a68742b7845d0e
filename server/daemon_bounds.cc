#include "server/daemon_bounds.h"

#include <absl/strings/str_cat.h>

#include "common/quantity.h"
#include "common/status_macros.h"

namespace muster::server {
namespace {

constexpr std::size_t kMostWorkers = 4096;
constexpr std::size_t kMostConnections = 100'000;
constexpr std::size_t kMostAtOnce = 1'000'000;

absl::Status SetCount(const std::string& text, std::size_t most, std::size_t& count) {
  ASSIGN_OR_RETURN(const std::uint64_t value, ParseCount(text));
  if (value < 1 || value > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("a number from 1 to ", most, " is needed, not \"", text, "\""));
  }
  count = value;
  return absl::OkStatus();
}

absl::Status SetLimit(absl::StatusOr<std::uint64_t> value, std::optional<std::uint64_t>& limit) {
  RETURN_IF_ERROR(value.status());
  if (*value == 0) return absl::InvalidArgumentError("a limit of 0 lets nothing run");
  limit = *value;
  return absl::OkStatus();
}

absl::Status SetTime(const std::string& text, std::optional<std::chrono::milliseconds>& limit) {
  ASSIGN_OR_RETURN(const std::chrono::milliseconds time, ParseDuration(text));
  if (time.count() == 0) return absl::InvalidArgumentError("a limit of 0 lets nothing run");
  limit = time;
  return absl::OkStatus();
}

// gRPC takes an int of milliseconds.
constexpr std::chrono::hours kLongestIdle(24 * 24);

absl::Status SetIdle(const std::string& text, std::chrono::milliseconds& idle) {
  ASSIGN_OR_RETURN(const std::chrono::milliseconds time, ParseDuration(text));
  if (time > kLongestIdle) {
    return absl::InvalidArgumentError(absl::StrCat(
        "at most ", kLongestIdle.count(), "h is possible, or 0 for never, not \"", text, "\""));
  }
  idle = time;
  return absl::OkStatus();
}

// How much the daemon does at once, and for how long it keeps what does nothing.
std::vector<BoundOption> OwnOptions() {
  return {
      {"--workers", "workers",
       "Python executions at once, more wait their turn (default: the number of cores)",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetCount(text, kMostWorkers, bounds.admission.workers);
       }},
      {"--max-running", "max_running",
       "Executions of all kinds at once, more wait their turn (default: 512)",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetCount(text, kMostAtOnce, bounds.admission.running);
       }},
      {"--max-queued", "max_queued", "Executions that may wait; more are refused (default: 10000)",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetCount(text, kMostAtOnce, bounds.admission.queued);
       }},
      {"--slots", "slots",
       "What commands may ask for with --resources: gpu=2, license=4, disk=sda|sdb; also cores and "
       "memory, in the place of what the machine has",
       [](const std::string& text, DaemonBounds& bounds) {
         ASSIGN_OR_RETURN(bounds.slots, ParseSlots(text));
         return absl::OkStatus();
       }},
      {"--max-connections", "max_connections",
       "Connections at once, more are closed (default: 512)",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetCount(text, kMostConnections, bounds.connections.total);
       }},
      {"--max-connections-per-user", "max_connections_per_user",
       "Connections of one user at once, more are closed (default: 64)",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetCount(text, kMostConnections, bounds.connections.per_user);
       }},
      {"--idle-timeout", "idle_timeout",
       "When a connection without a call is closed: 90, 500ms, 30s, 10m, 2h; 0: never (default: "
       "10m)",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetIdle(text, bounds.connections.idle);
       }},
      {"--session-timeout", "session_timeout",
       "When a session without a command ends: 90, 500ms, 30s, 10m, 2h; 0: never (default: 1h)",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetIdle(text, bounds.session_idle);
       }},
  };
}

// What one execution may take.
std::vector<BoundOption> LimitOptions() {
  return {
      {"--max-time", "max_time", "Deadline of each execution: 90, 500ms, 30s, 10m, 2h",
       [](const std::string& text, DaemonBounds& bounds) { return SetTime(text, bounds.longest); }},
      {"--max-cpu", "max_cpu", "CPU time of each execution, all its processes together",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetTime(text, bounds.limits.cpu);
       }},
      {"--max-memory", "max_memory", "Memory of each execution: bytes, or 512K, 64M, 2G",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetLimit(ParseSize(text), bounds.limits.memory_bytes);
       }},
      {"--max-processes", "max_processes", "Processes and threads of each execution",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetLimit(ParseCount(text), bounds.limits.processes);
       }},
      {"--max-file-size", "max_file_size", "Size of each file that an execution writes",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetLimit(ParseSize(text), bounds.limits.file_size_bytes);
       }},
      {"--max-open-files", "max_open_files", "Open files of each process of an execution",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetLimit(ParseCount(text), bounds.limits.open_files);
       }},
      {"--max-output", "max_output", "Output of each execution, both streams together",
       [](const std::string& text, DaemonBounds& bounds) {
         return SetLimit(ParseSize(text), bounds.limits.output_bytes);
       }},
  };
}

}  // namespace

const std::vector<BoundOption>& BoundOptions() {
  static const std::vector<BoundOption> options = [] {
    std::vector<BoundOption> all = OwnOptions();
    for (const BoundOption& option : LimitOptions()) all.push_back(option);
    return all;
  }();
  return options;
}

}  // namespace muster::server
