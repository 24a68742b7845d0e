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
