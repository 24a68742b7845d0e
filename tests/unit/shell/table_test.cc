#include "shell/table.h"

#include <catch2/catch.hpp>

namespace muster::clustershell {
namespace {

TEST_CASE("a table has columns as wide as their widest cell") {
  Table table({{"@", true}, {"name"}, {"cores", true}});
  table.Add({"1", "n1", "2"});
  table.Add({"10", "worker-ten", "128"});
  CHECK(table.Render() ==
        " @  name        cores\n"
        " 1  n1              2\n"
        "10  worker-ten    128\n");
}

TEST_CASE("columns stand below each other whatever the characters take on a terminal") {
  Table table({{"name"}, {"tags"}, {"size", true}});
  table.Add({"caf\u00e9", "cafe\u0301", "1"});      // one character each, the second of two
  table.Add({"\u65e5\u672c", "\U0001f600", "22"});  // two columns each
  table.Add({"\xff", "\u200b", "\u20ac"});          // no UTF-8, and nothing to see
  table.Add({"abcdef", "x", "333"});
  CHECK(table.Render() ==
        "name    tags    size\n"
        "caf\u00e9    cafe\u0301       1\n"
        "\u65e5\u672c    \U0001f600        22\n"
        "\\xff    \\u200b     \u20ac\n"
        "abcdef  x        333\n");
}

TEST_CASE("the last column is cut to what is left, but not to nothing") {
  Table table({{"name"}, {"command"}});
  table.Add({"n1", "0123456789abcdef"});
  CHECK(table.Render(20) == "name  command\nn1    0123456789abc…\n");
  CHECK(table.Render(22) == "name  command\nn1    0123456789abcdef\n");
  CHECK(table.Render(3) == "name  command\nn1    012345678…\n");
}

TEST_CASE("lines end without blanks") {
  Table table({{"name"}, {"state"}});
  table.Add({"a-long-name", ""});
  CHECK(table.Render() == "name         state\na-long-name\n");
}

TEST_CASE("a cell is one line and cannot act on a terminal") {
  Table table({{"node"}, {"python"}});
  table.Add({"n1", "3\nn2    4\x1b[2J\u202e"});
  CHECK(table.Render() == "node  python\nn1    3\\nn2    4\\x1b[2J\\u202e\n");
}

}  // namespace
}  // namespace muster::clustershell
