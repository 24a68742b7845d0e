// What a daemon and a supervisor say to each other, and a worker to the daemon. Plain data with its
// encoding; the types of the frames stand here once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/spawner/limits.h"

namespace muster::server {

enum class FrameType : std::uint8_t {
  // daemon to supervisor
  kLaunch = 1,  // LaunchRequest
  kStop = 2,    // StopOrder
  kSignal = 8,  // SignalOrder
  // Nothing: SIGINT to the main process's group, which is no stop. kInterrupted follows.
  kInterrupt = 10,
  // Nothing: tell with one kWaiting when the tree waits for its standard input, from now on.
  kWatchInput = 12,
  // supervisor to daemon
  kStarted = 3,       // nothing
  kHere = 9,          // u64: the process id of the supervisor; before it starts anything
  kInterrupted = 11,  // nothing: the SIGINT is with whom it was for, or nobody is there any more
  kWaiting = 13,      // u8: it waits for input, 1, or it may, 0; answers a kWatchInput
  kEnded = 4,         // ExecutionEnd; the last one
  // worker to daemon
  kValue = 5,  // a piece of the value's text
  // type, message, traceback; u32: the line, or 0; u32: errno of an OSError, or 0; u32: how many
  // causes; for each type, message, u8: explicit
  kException = 6,
  kDone = 7,  // u8: there is a value; the last one
};

// Why an execution is stopped. The first cause is the verdict.
enum class StopCause : std::uint8_t { kNone, kDeadline, kCancel, kClientGone, kDrain, kLimit };

struct StopOrder {
  StopCause cause = StopCause::kCancel;
  Limit limit = Limit::kNone;                      // for kLimit
  std::optional<std::chrono::milliseconds> grace;  // empty: the launch request's own
  // So long ago the first SIGINT was sent, by kInterrupt; the grace counts from there. 0: it was
  // not, and is now.
  std::chrono::milliseconds since{0};

  std::string Encode() const;
  static std::optional<StopOrder> Decode(std::string_view payload);
};

struct ExecutionEnd {
  enum class How : std::uint8_t { kExited, kSignalled, kStartFailed, kUnkillable, kRefused };

  How how = How::kExited;
  std::int32_t code = 0;  // exit code, signal, or errno of the failed step
  std::string step;       // kStartFailed: what failed; kRefused: why
  std::int64_t pid = 0;   // kUnkillable
  StopCause cause = StopCause::kNone;
  Limit limit = Limit::kNone;  // reached, whoever ended it then
  std::chrono::microseconds wall{0};
  std::chrono::microseconds cpu{0};
  std::chrono::microseconds stop{0};  // from the first order to stop to the end of the last process
  std::uint64_t peak_memory_bytes = 0;
  std::uint32_t reaped = 0;
  std::uint32_t left = 0;

  std::string Encode() const;
  static std::optional<ExecutionEnd> Decode(std::string_view payload);
};

}  // namespace muster::server
