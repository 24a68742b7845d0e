#include <signal.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "client/outcome_summary.h"

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

TEST_CASE("a summary puts alike outcomes of several nodes together, and leaves one in its words") {
  std::vector<Outcome> outcomes;
  for (const char* name : {"n1", "n2"}) {
    outcomes.push_back(
        Of(Outcome::Kind::kUnreachable, std::string("no ") + name + " at /run/" + name + ".sock"));
    outcomes.back().node = name;
  }
  const auto text = [&] {
    muster::OutcomeSummary summary;
    for (const Outcome& outcome : outcomes) summary.Add(&outcome);
    return summary.Take().text();
  };
  CHECK(text() == "2 unreachable: no NODE at /run/NODE.sock on n[1-2]");
  outcomes.pop_back();
  CHECK(text() == "1 unreachable: no n1 at /run/n1.sock on n1");
}
