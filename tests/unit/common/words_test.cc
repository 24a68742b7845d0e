#include "common/words.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace muster {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("a line is cut into words as a shell does it") {
  CHECK(*SplitWords("") == Words{});
  CHECK(*SplitWords("  a\tb  ") == Words{"a", "b"});
  CHECK(*SplitWords("wordcount '/a dir'/\"it's\"") == Words{"wordcount", "/a dir/it's"});
  CHECK(*SplitWords(R"(a\ b '\' "\"\\\n" '')") == Words{"a b", "\\", "\"\\\\n", ""});
}

TEST_CASE("an open quote is an error") {
  CHECK_FALSE(SplitWords("a 'b").ok());
  CHECK_FALSE(SplitWords("a \"b").ok());
  CHECK_FALSE(SplitWords("a \"b\\\"").ok());
  CHECK_FALSE(SplitWords("a \\").ok());
}

TEST_CASE("behind the first word the line stays untouched") {
  const auto [first, rest] = SplitFirst("  n1   echo 'a   b'  ");
  CHECK(first == "n1");
  CHECK(rest == "echo 'a   b'  ");
  CHECK(SplitFirst("").first.empty());
  CHECK(SplitFirst("x").second.empty());
}

}  // namespace
}  // namespace muster
