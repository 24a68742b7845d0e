#include "shell/summary.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster::clustershell {
namespace {

Outcome Ended(const std::string& node, Outcome::Kind kind) {
  Outcome outcome;
  outcome.node = node;
  outcome.kind = kind;
  return outcome;
}

TEST_CASE("a summary counts each kind and names the nodes that are not ok") {
  using Kind = Outcome::Kind;
  CHECK(Summarize({Ended("n1", Kind::kOk), Ended("n2", Kind::kOk), Ended("n3", Kind::kFailed)}) ==
        "2 ok, 1 failed (n3)");
  CHECK(Summarize({Ended("n1", Kind::kTimedOut), Ended("n2", Kind::kLost),
                   Ended("n3", Kind::kTimedOut)}) == "0 ok, 2 timed out (n[1,3]), 1 lost (n2)");
}

}  // namespace
}  // namespace muster::clustershell
