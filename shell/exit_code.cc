#include "shell/exit_code.h"

#include <algorithm>

namespace muster::clustershell {
namespace {

int Rank(int code) {
  switch (code) {
    case kExitOk:
      return 0;
    case kExitFailed:
      return 2;
    case kExitUnreachable:
      return 3;
    case kExitNoMatch:
      return 4;
    case kExitUsage:
      return 5;
    default:
      return 1;
  }
}

}  // namespace

int WorseExit(int a, int b) {
  if (Rank(a) == Rank(b)) return std::max(a, b);
  return Rank(a) > Rank(b) ? a : b;
}

int RemoteCodeOf(const Outcome& outcome) {
  constexpr int kSignalled = 128;
  constexpr int kTimedOut = 124;
  constexpr int kNotThere = 255;
  switch (outcome.kind) {
    case Outcome::Kind::kOk:
    case Outcome::Kind::kFailed:
      return outcome.exit_code;
    case Outcome::Kind::kSkipped:
      return 0;
    case Outcome::Kind::kSignalled:
      return kSignalled + outcome.signal;
    case Outcome::Kind::kTimedOut:
      return kTimedOut;
    case Outcome::Kind::kUnreachable:
    case Outcome::Kind::kLost:
      return kNotThere;
    default:
      return kExitFailed;
  }
}

int ExitOf(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kOk:
    case Outcome::Kind::kSkipped:
      return kExitOk;
    case Outcome::Kind::kUnreachable:
    case Outcome::Kind::kLost:
      return kExitUnreachable;
    default:
      return kExitFailed;
  }
}

}  // namespace muster::clustershell
