#include "shell/exit_code.h"

#include <catch2/catch.hpp>

#include <vector>

namespace muster::clustershell {
namespace {

TEST_CASE("of two exit codes the more telling one counts") {
  const std::vector<int> order = {2, 3, 4, 1, 77, 0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i; j < order.size(); ++j) {
      CHECK(WorseExit(order[i], order[j]) == order[i]);
      CHECK(WorseExit(order[j], order[i]) == order[i]);
    }
  }
  CHECK(WorseExit(7, 42) == 42);
}

TEST_CASE("an outcome has an exit code") {
  using Kind = Outcome::Kind;
  Outcome outcome;
  for (const Kind kind : {Kind::kOk, Kind::kSkipped}) {
    outcome.kind = kind;
    CHECK(ExitOf(outcome) == 0);
  }
  for (const Kind kind : {Kind::kUnreachable, Kind::kLost}) {
    outcome.kind = kind;
    CHECK(ExitOf(outcome) == 4);
  }
  for (const Kind kind :
       {Kind::kFailed, Kind::kSignalled, Kind::kTimedOut, Kind::kCancelled, Kind::kOutOfMemory,
        Kind::kLimit, Kind::kStartFailed, Kind::kRefused, Kind::kUnkillable}) {
    outcome.kind = kind;
    CHECK(ExitOf(outcome) == 1);
  }
}

}  // namespace
}  // namespace muster::clustershell
