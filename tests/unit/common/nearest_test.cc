#include "common/nearest.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace muster {
namespace {

TEST_CASE("a mistyped word finds the one that was meant") {
  const std::vector<std::string> known = {"@",    "py",    "run",  "check",
                                          "show", "debug", "help", "exit"};
  CHECK(Nearest("chekc", known) == "check");
  CHECK(Nearest("shwo", known) == "show");
  CHECK(Nearest("hlep", known) == "help");
  CHECK(Nearest("che", known) == "check");
  CHECK(Nearest("exti", known) == "exit");
  CHECK(Nearest("python", known).empty());
  CHECK(Nearest("ls", known).empty());
  CHECK(Nearest("", known).empty());
  CHECK(Nearest(std::string(100'000, 'x'), known).empty());
  CHECK(DidYouMean("chekc", known) == "; did you mean check?");
  CHECK(DidYouMean("uptime", known).empty());
}

}  // namespace
}  // namespace muster
