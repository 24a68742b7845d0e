// Outcome: how an execution ended, in exactly one way. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/spawner/supervisor_message.h"

namespace muster::server {

struct Outcome {
  enum class Kind {
    kOk,
    kFailed,
    kSignalled,
    kTimedOut,
    kCancelled,
    kOutOfMemory,
    kLimit,
    kStartFailed,
    kRefused,
    kLost,
    kUnkillable,
  };
  struct PythonException {
    std::string type;
    std::string message;
    std::string traceback;
    std::uint32_t line = 0;  // of the source that was sent; 0: not in it
    int error_number = 0;    // of an OSError
    struct Cause {
      std::string type;
      std::string message;
      bool is_explicit = false;
    };
    std::vector<Cause> causes;  // the nearest first
  };
  struct Usage {
    std::chrono::microseconds wall{0};
    std::chrono::microseconds cpu{0};
    std::chrono::microseconds queued{0};
    std::chrono::microseconds stop{0};  // from the first order to stop to the end
    std::uint64_t peak_memory_bytes = 0;
    std::uint64_t stdout_bytes = 0;
    std::uint64_t stderr_bytes = 0;
    std::uint32_t reaped = 0;
    std::uint32_t left = 0;
    std::uint64_t input_bytes = 0;
  };

  Kind kind = Kind::kLost;
  int exit_code = 0;
  int signal = 0;
  int error_number = 0;
  std::int64_t pid = 0;
  std::string reason;  // one line for a person
  std::optional<PythonException> exception;
  bool has_value = false;
  bool value_is_data = false;  // CBOR, not text
  Usage usage;
};

// As the field writes it: "ok", "failed", "timed_out".
const char* OutcomeWord(Outcome::Kind kind);

// What a worker said of a Python execution before its process ended.
struct PythonResult {
  bool done = false;  // the code came to an end, with a value or an exit code
  bool has_value = false;
  bool broken = false;  // it did not keep to the protocol
  std::optional<Outcome::PythonException> exception;
};

// The verdict: what the supervisor saw, together with what the worker said (null: not Python).
// `who` is said of a cancellation: "by the caller". `limits`: those it ran with.
Outcome Judge(const ExecutionEnd& end, const PythonResult* result, const std::string& who,
              const Limits& limits);

}  // namespace muster::server
