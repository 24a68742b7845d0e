#include "shell/one_line.h"

#include <catch2/catch.hpp>

namespace muster::clustershell {
namespace {

TEST_CASE("a text of several lines becomes one") {
  CHECK(OneLine("ls") == "ls");
  CHECK(OneLine("a\n\tb\r\n") == "a\\n\\tb\\r\\n");
  CHECK(OneLine("\x1b[2J\xff") == "\\x1b[2J\\xff");
}

TEST_CASE("a line is cut at characters, not at bytes") {
  CHECK(Cut("abc", 3) == "abc");
  CHECK(Cut("abcd", 3) == "ab…");
  CHECK(Cut("äöüß", 4) == "äöüß");
  CHECK(Cut("äöüß", 3) == "äö…");
  CHECK(Cut("abc", 1) == "…");
  CHECK(Cut("abc", 0).empty());
  CHECK(Cut("", 5).empty());
}

}  // namespace
}  // namespace muster::clustershell
