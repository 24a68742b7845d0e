#include <signal.h>

#include <catch2/catch.hpp>

#include "client/ClusterAPI.h"

using muster::Outcome;

namespace {

Outcome Of(Outcome::Kind kind, const std::string& reason = "") {
  Outcome outcome;
  outcome.kind = kind;
  outcome.reason = reason;
  return outcome;
}

}  // namespace

TEST_CASE("every kind of outcome has its word") {
  std::string words;
  for (int kind = 0; kind <= static_cast<int>(Outcome::Kind::kUnkillable); ++kind) {
    words += std::string(words.empty() ? "" : " ") + muster::word(static_cast<Outcome::Kind>(kind));
  }
  CHECK(words ==
        "ok failed signalled timed_out cancelled out_of_memory limit start_failed refused "
        "unreachable lost skipped unkillable");
}

TEST_CASE("an outcome describes itself in one line") {
  CHECK(Of(Outcome::Kind::kOk).describe() == "ok");
  Outcome failed = Of(Outcome::Kind::kFailed);
  failed.exit_code = 2;
  CHECK(failed.describe() == "failed: exit code 2");
  failed.exception = muster::Exception{"ZeroDivisionError", "division by zero", "Traceback", 1};
  CHECK(failed.describe() == "failed: ZeroDivisionError: division by zero (line 1)");
  failed.exception = muster::Exception{"KeyError", "two\nlines", ""};
  CHECK(failed.describe() == "failed: KeyError: two");
  Outcome signalled = Of(Outcome::Kind::kSignalled);
  signalled.signal = SIGSEGV;
  CHECK(signalled.describe() == "signalled: SIGSEGV (signal 11)");
  Outcome start_failed = Of(Outcome::Kind::kStartFailed, "exec of nothing");
  start_failed.error_number = 2;
  CHECK(start_failed.describe() == "start_failed: exec of nothing: No such file or directory");
  Outcome unkillable = Of(Outcome::Kind::kUnkillable);
  unkillable.pid = 77;
  CHECK(unkillable.describe() == "unkillable: process 77 does not end");
  CHECK(Of(Outcome::Kind::kLost, "why\nmore").describe() == "lost: why");
}
