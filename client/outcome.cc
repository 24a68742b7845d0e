// The words and the one-line descriptions of public types. Pure functions.
#include <signal.h>
#include <string.h>

#include "client/ClusterAPI.h"
#include "common/escape.h"
#include "common/version.h"

namespace muster {
namespace {

std::string LineOf(const Exception& exception) {
  return exception.line == 0 ? "" : " (line " + std::to_string(exception.line) + ")";
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// "ZeroDivisionError: division by zero (line 1)".
std::string OneLine(const Exception& exception) {
  const std::string message = FirstLine(exception.message);
  return exception.type + (message.empty() ? "" : ": " + message) + LineOf(exception);
}

std::string SignalName(int signal) {
  const char* name = ::sigabbrev_np(signal);
  const std::string number = "signal " + std::to_string(signal);
  return name == nullptr ? number : std::string("SIG") + name + " (" + number + ")";
}

// The node may have said it already.
std::string WithError(const std::string& step, int error) {
  const std::string text = error == 0 ? "" : ::strerror(error);
  if (text.empty() || step.ends_with(text)) return step;
  return step + ": " + text;
}

std::string Details(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kOk:
      return "";
    case Outcome::Kind::kFailed:
      if (!outcome.exception) break;
      return OneLine(*outcome.exception);
    case Outcome::Kind::kSignalled:
      return SignalName(outcome.signal) +
             (outcome.reason.empty() ? "" : ": " + FirstLine(outcome.reason));
    case Outcome::Kind::kStartFailed:
      return WithError(FirstLine(outcome.reason), outcome.error_number);
    case Outcome::Kind::kUnkillable:
      return "process " + std::to_string(outcome.pid) + " does not end" +
             (outcome.reason.empty() ? "" : ": " + FirstLine(outcome.reason));
    case Outcome::Kind::kTimedOut:
    case Outcome::Kind::kCancelled:
    case Outcome::Kind::kLimit:
      if (outcome.usage.reaped < 2) return FirstLine(outcome.reason);
      return FirstLine(outcome.reason) + "; " + std::to_string(outcome.usage.reaped) +
             " processes ended";
    default:
      return FirstLine(outcome.reason);
  }
  if (!outcome.reason.empty()) return FirstLine(outcome.reason);
  return "exit code " + std::to_string(outcome.exit_code);
}

}  // namespace

const char* word(Outcome::Kind kind) {
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
    case Outcome::Kind::kUnreachable:
      return "unreachable";
    case Outcome::Kind::kLost:
      return "lost";
    case Outcome::Kind::kSkipped:
      return "skipped";
    case Outcome::Kind::kUnkillable:
      return "unkillable";
  }
  return "lost";
}

std::string Outcome::describe() const {
  const std::string details = Details(*this);
  return details.empty() ? word(kind) : std::string(word(kind)) + ": " + EscapeToOneLine(details);
}

const char* version() { return kVersion; }

}  // namespace muster
