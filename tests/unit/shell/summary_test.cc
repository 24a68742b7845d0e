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

TEST_CASE("a summary counts each kind and names the nodes that are not ok, and why") {
  using Kind = Outcome::Kind;
  const std::chrono::milliseconds took(400);
  Outcome second = Ended("n3", Kind::kFailed);
  second.exit_code = 2;
  CHECK(Summarize({Ended("n1", Kind::kOk), Ended("n2", Kind::kOk), second}, took) ==
        "2 ok, 1 failed: n3 exit 2, 400 ms");
  CHECK(Summarize(
            {Ended("n1", Kind::kTimedOut), Ended("n2", Kind::kLost), Ended("n3", Kind::kTimedOut)},
            took) == "0 ok, 2 timed out: n[1,3], 1 lost: n2, 400 ms");
}

TEST_CASE("a summary tells nodes apart that failed in different ways") {
  using Kind = Outcome::Kind;
  Outcome one = Ended("n1", Kind::kFailed);
  one.exit_code = 1;
  Outcome two = Ended("n2", Kind::kFailed);
  two.exception.emplace();
  two.exception->type = "ValueError";
  Outcome three = Ended("n3", Kind::kSignalled);
  three.signal = 9;
  Outcome four = one;
  four.node = "n4";
  CHECK(Summarize({one, two, three, four}, std::chrono::seconds(3)) ==
        "0 ok, 3 failed: n[1,4] exit 1, n2 ValueError, 1 signalled: n3 signal 9, 3 s");
}

TEST_CASE("a summary of many ways to fail has an end") {
  std::vector<Outcome> outcomes;
  for (int code = 1; code <= 20; ++code) {
    outcomes.push_back(Ended("n" + std::to_string(code), Outcome::Kind::kFailed));
    outcomes.back().exit_code = code;
  }
  const std::string text = Summarize(outcomes, std::chrono::seconds(1));
  CHECK(text.find("n8 exit 8, …, 1 s") != std::string::npos);
  CHECK(text.find("n9") == std::string::npos);
}

}  // namespace
}  // namespace muster::clustershell
