#include "server/execution/outcome.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <string.h>

#include "common/quantity.h"

namespace muster::server {
namespace {

Outcome JudgeNaturalEnd(const ExecutionEnd& end, const PythonResult* result) {
  Outcome outcome;
  if (end.how == ExecutionEnd::How::kSignalled) {
    outcome.kind = Outcome::Kind::kSignalled;
    outcome.signal = end.code;
    return outcome;
  }
  outcome.exit_code = end.code;
  outcome.kind = end.code == 0 ? Outcome::Kind::kOk : Outcome::Kind::kFailed;
  if (result == nullptr) return outcome;
  if (result->exception) {
    outcome.kind = Outcome::Kind::kFailed;
    outcome.exit_code = 1;
    outcome.exception = result->exception;
  } else if (result->broken) {
    outcome.kind = Outcome::Kind::kFailed;
    outcome.reason = "the code wrote garbage into the worker's own channel and was stopped";
  } else if (!result->done) {
    outcome.kind = Outcome::Kind::kFailed;
    outcome.reason =
        absl::StrCat("the code ended its worker process with exit code ", end.code, " (os._exit?)");
  } else {
    outcome.has_value = result->has_value;
    outcome.value_is_data = result->has_value && result->value_is_data;
  }
  return outcome;
}

// What an end that nobody ordered says of limits. Python hears of some of them as an OSError.
Limit ReachedLimit(const ExecutionEnd& end, const PythonResult* result, const Limits& limits) {
  if (end.limit != Limit::kNone || result == nullptr || !result->exception) return end.limit;
  const int error = result->exception->error_number;
  if (error == EFBIG && limits.file_size_bytes) return Limit::kFileSize;
  if (error == EMFILE && limits.open_files) return Limit::kOpenFiles;
  return Limit::kNone;
}

void JudgeLimit(Limit limit, const Limits& limits, Outcome& outcome) {
  if (limit != Limit::kMemory) {
    outcome.kind = Outcome::Kind::kLimit;
    outcome.reason = DescribeLimit(limit, limits);
    return;
  }
  outcome.kind = Outcome::Kind::kOutOfMemory;
  outcome.reason = limits.memory_bytes
                       ? absl::StrCat("its limit of ", FormatSize(*limits.memory_bytes))
                       : "the kernel killed a process of it: the machine had no memory left";
}

}  // namespace

Outcome Judge(const ExecutionEnd& end, const PythonResult* result, const std::string& who,
              const Limits& limits) {
  Outcome outcome;
  if (end.how == ExecutionEnd::How::kRefused) {
    outcome.kind = Outcome::Kind::kRefused;
    outcome.reason = end.step;
  } else if (end.how == ExecutionEnd::How::kStartFailed) {
    outcome.kind = Outcome::Kind::kStartFailed;
    outcome.error_number = end.code;
    outcome.reason = end.code == 0 ? end.step : absl::StrCat(end.step, ": ", strerror(end.code));
  } else if (end.how == ExecutionEnd::How::kUnkillable) {
    outcome.kind = Outcome::Kind::kUnkillable;
    outcome.pid = end.pid;
    outcome.reason = absl::StrCat("process ", end.pid, " did not die of SIGKILL within 60 s");
  } else if (result != nullptr && result->broken) {
    outcome = JudgeNaturalEnd({}, result);
  } else {
    switch (end.cause) {
      case StopCause::kNone:
        outcome = JudgeNaturalEnd(end, result);
        if (const Limit limit = ReachedLimit(end, result, limits); limit != Limit::kNone) {
          JudgeLimit(limit, limits, outcome);
        }
        break;
      case StopCause::kLimit:
        JudgeLimit(end.limit, limits, outcome);
        break;
      case StopCause::kDeadline:
        outcome.kind = Outcome::Kind::kTimedOut;
        outcome.reason = "its deadline passed";
        break;
      case StopCause::kCancel:
      case StopCause::kClientGone:
      case StopCause::kDrain:
        outcome.kind = Outcome::Kind::kCancelled;
        outcome.reason = who;
        break;
    }
  }
  outcome.usage.wall = end.wall;
  outcome.usage.cpu = end.cpu;
  outcome.usage.stop = end.stop;
  outcome.usage.peak_memory_bytes = end.peak_memory_bytes;
  outcome.usage.reaped = end.reaped;
  outcome.usage.left = end.left;
  return outcome;
}

const char* OutcomeWord(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kOk:
      return "ok";
    case Outcome::Kind::kFailed:
      return "failed";
    case Outcome::Kind::kSignalled:
      return "signalled";
    case Outcome::Kind::kTimedOut:
      return "timed_out";
    case Outcome::Kind::kCancelled:
      return "cancelled";
    case Outcome::Kind::kOutOfMemory:
      return "out_of_memory";
    case Outcome::Kind::kLimit:
      return "limit";
    case Outcome::Kind::kStartFailed:
      return "start_failed";
    case Outcome::Kind::kRefused:
      return "refused";
    case Outcome::Kind::kLost:
      return "lost";
    case Outcome::Kind::kUnkillable:
      return "unkillable";
  }
  return "lost";
}

}  // namespace muster::server
