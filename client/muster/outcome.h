// What comes back from a command: pieces of output, and how it ended. Part of ClusterAPI.h; plain
// data, as safe between threads as a std::string.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "export.h"
#include "value.h"

namespace muster {

// A piece of output, as the program wrote it: any bytes, cut anywhere. Or, for who asked for it
// (ExecuteOptions::tells_waiting), the word that the command waits for input.
struct Event {
  enum class Stream { kStdout, kStderr, kWaiting };
  Stream stream = Stream::kStdout;
  std::string data;  // at most 64 KiB; empty for kWaiting only
};

// A Python exception, as data.
struct Exception {
  std::string type;        // "ZeroDivisionError"
  std::string message;     // "division by zero"
  std::string traceback;   // as Python prints it, with source lines, its causes first
  std::uint32_t line = 0;  // of the source that was sent, from 1; 0: raised outside it

  struct Cause {
    std::string type;
    std::string message;
    // True: `raise … from`; false: raised while that one was handled.
    bool is_explicit = false;
  };
  // What it came from, the nearest first; at most 16.
  std::vector<Cause> causes;
};

struct Usage {
  std::chrono::microseconds wall{0};    // of the process
  std::chrono::microseconds cpu{0};     // user and system, of all processes waited for
  std::chrono::microseconds queued{0};  // waiting on the node for a worker
  std::uint64_t peak_memory_bytes = 0;  // largest resident set of one process
  std::uint64_t stdout_bytes = 0;
  std::uint64_t stderr_bytes = 0;
  std::uint32_t reaped = 0;           // processes that were killed when it ended
  std::uint32_t left = 0;             // processes it left running
  std::uint64_t input_bytes = 0;      // of standard input that were delivered
  std::chrono::microseconds stop{0};  // from the first order to stop to the end; 0: never stopped
};

// How a call ended, in exactly one of these ways.
class MUSTER_EXPORT Outcome {
 public:
  enum class Kind {
    kOk,
    kFailed,       // exit code, or exception
    kSignalled,    // killed by a signal that Muster did not send
    kTimedOut,     // its deadline passed and it was stopped
    kCancelled,    // stopped; reason says by whom
    kOutOfMemory,  // the kernel or our own limit said so
    kLimit,        // reason says which
    kStartFailed,  // reason says which step, error_number why
    kRefused,      // nothing was started; reason says why
    kUnreachable,  // the node could not be reached; nothing was started
    kLost,     // the node or the connection ended in the middle; whether it finished is not known
    kSkipped,  // nothing was sent
    kUnkillable,  // pid does not die
  };

  bool ok() const { return kind == Kind::kOk; }
  // The value of a piece of Python; empty text for anything else.
  const Value& value() const { return value_; }
  void set_value(Value value) { value_ = std::move(value); }
  // One line: "ok", "failed: exit code 2", "failed: ZeroDivisionError: division by zero (line 1)",
  // "unreachable: …".
  std::string describe() const;

  Kind kind = Kind::kLost;
  std::string node;      // the node's name
  int exit_code = 0;     // kOk and kFailed; 0 to 255
  int signal = 0;        // kSignalled
  int error_number = 0;  // kStartFailed; an errno, 0: none
  std::int64_t pid = 0;  // kUnkillable
  std::string reason;    // one line
  std::optional<Exception> exception;
  Usage usage;

 private:
  Value value_;
};

// "ok failed signalled timed_out cancelled out_of_memory limit start_failed refused unreachable
// lost skipped unkillable", one of them.
MUSTER_EXPORT const char* word(Outcome::Kind kind);

}  // namespace muster
