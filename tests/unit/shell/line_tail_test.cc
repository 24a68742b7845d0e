#include "shell/line_tail.h"

#include <catch2/catch.hpp>

namespace muster::clustershell {
namespace {

using Kind = LineTail::Kind;

void CheckTail(const char* line, Kind kind, const char* front, const char* what) {
  INFO(line);
  const auto tail = SplitTail(line);
  REQUIRE(tail.ok());
  CHECK(tail->kind == kind);
  CHECK(tail->front == front);
  CHECK(tail->what == what);
}

TEST_CASE("a tail is a pipe, or a file that begins a word") {
  CheckTail("", Kind::kNone, "", "");
  CheckTail("a b ", Kind::kNone, "a b ", "");
  CheckTail("a | grep 'x|y' > z", Kind::kPipe, "a", "grep 'x|y' > z");
  CheckTail("a|b", Kind::kPipe, "a", "b");
  CheckTail("| b", Kind::kPipe, "", "b");
  CheckTail("a > b", Kind::kWrite, "a", "b");
  CheckTail("> b", Kind::kWrite, "", "b");
  CheckTail("a >> 'b c'", Kind::kAppend, "a", "b c");
  CheckTail("a >>b", Kind::kAppend, "a", "b");
}

TEST_CASE("what stands in quotes or inside of a word is no tail") {
  for (const char* line : {"a 'x | y'", "a \"> z\"", "a \\| b", "cores>8", "a cores>=8", "a \\> b",
                           "a \"x \\\" | y\"", "'unfinished | x"}) {
    CheckTail(line, Kind::kNone, line, "");
  }
}

TEST_CASE("a tail without its end is an error") {
  for (const char* line : {"a |", "a | ", "a >", "a > b c", "a >> ", "a > 'b"}) {
    INFO(line);
    CHECK_FALSE(SplitTail(line).ok());
  }
}

}  // namespace
}  // namespace muster::clustershell
