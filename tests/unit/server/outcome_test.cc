#include "server/execution/outcome.h"

#include <signal.h>

#include <catch2/catch.hpp>

using namespace muster::server;  // NOLINT: a test of this namespace
using Kind = Outcome::Kind;

namespace {

ExecutionEnd Ended(ExecutionEnd::How how, int code, StopCause cause = StopCause::kNone) {
  ExecutionEnd end;
  end.how = how;
  end.code = code;
  end.cause = cause;
  return end;
}

constexpr auto kExited = ExecutionEnd::How::kExited;
constexpr auto kSignalled = ExecutionEnd::How::kSignalled;

}  // namespace

TEST_CASE("A program's end is its verdict") {
  CHECK(Judge(Ended(kExited, 0), nullptr, "", {}).kind == Kind::kOk);
  CHECK(Judge(Ended(kExited, 3), nullptr, "", {}).exit_code == 3);
  CHECK(Judge(Ended(kSignalled, SIGSEGV), nullptr, "", {}).signal == SIGSEGV);
}

TEST_CASE("The first cause to stop it is the verdict, however the process then ended") {
  for (const auto how : {kExited, kSignalled}) {
    CHECK(Judge(Ended(how, 0, StopCause::kDeadline), nullptr, "", {}).kind == Kind::kTimedOut);
    const Outcome cancelled =
        Judge(Ended(how, 0, StopCause::kCancel), nullptr, "by the caller", {});
    CHECK(cancelled.kind == Kind::kCancelled);
    CHECK(cancelled.reason == "by the caller");
  }
}

TEST_CASE("A worker's end without its last word is never ok") {
  const PythonResult silent;
  CHECK(Judge(Ended(kExited, 0), &silent, "", {}).kind == Kind::kFailed);
  PythonResult done;
  done.done = true;
  done.has_value = true;
  CHECK(Judge(Ended(kExited, 0), &done, "", {}).kind == Kind::kOk);
  CHECK(Judge(Ended(kExited, 0), &done, "", {}).has_value);
  CHECK_FALSE(Judge(Ended(kExited, 0), &done, "", {}).value_is_data);
  done.value_is_data = true;
  CHECK(Judge(Ended(kExited, 0), &done, "", {}).value_is_data);
  CHECK(Judge(Ended(kSignalled, SIGKILL), &done, "", {}).kind == Kind::kSignalled);
  PythonResult raised;
  raised.exception = Outcome::PythonException{"E", "m", "t", 1};
  CHECK(Judge(Ended(kExited, 1), &raised, "", {}).exception->type == "E");
}

TEST_CASE("A worker that broke the protocol is told apart from a cancelled one") {
  PythonResult broken;
  broken.broken = true;
  CHECK(Judge(Ended(kSignalled, SIGKILL, StopCause::kCancel), &broken, "", {}).kind ==
        Kind::kFailed);
}

TEST_CASE("A step that failed is named with its errno") {
  ExecutionEnd end = Ended(ExecutionEnd::How::kStartFailed, ENOENT);
  end.step = "exec nothing";
  const Outcome outcome = Judge(end, nullptr, "", {});
  CHECK(outcome.kind == Kind::kStartFailed);
  CHECK(outcome.error_number == ENOENT);
  CHECK(outcome.reason == "exec nothing: No such file or directory");
}
