#include "shell/one_line.h"

#include <catch2/catch.hpp>

namespace muster::clustershell {
namespace {

TEST_CASE("a text of several lines becomes one") {
  CHECK(OneLine("ls") == "ls");
  CHECK(OneLine("a\n\tb\r\n") == "a\\n\\tb\\r\\n");
  CHECK(OneLine("\x1b[2J\xff") == "\\x1b[2J\\xff");
}

TEST_CASE("a line is cut at columns, not at bytes") {
  CHECK(Cut("abc", 3) == "abc");
  CHECK(Cut("abcd", 3) == "ab…");
  CHECK(Cut("äöüß", 4) == "äöüß");
  CHECK(Cut("äöüß", 3) == "äö…");
  CHECK(Cut("abc", 1) == "…");
  CHECK(Cut("abc", 0).empty());
  CHECK(Cut("", 5).empty());
  // Two columns each: half of one is none, and a mark stays with its letter.
  CHECK(Cut("\u65e5\u672c\u8a9e", 6) == "\u65e5\u672c\u8a9e");
  CHECK(Cut("\u65e5\u672c\u8a9e", 5) == "\u65e5\u672c…");
  CHECK(Cut("\u65e5\u672c\u8a9e", 4) == "\u65e5…");
  CHECK(Cut("e\u0301e\u0301e\u0301", 2) == "e\u0301…");
}

}  // namespace
}  // namespace muster::clustershell
