#include "common/node_set.h"

#include <absl/strings/match.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "common/node_order.h"

using muster::ComesBefore;
using muster::NodeSet;

namespace {

struct Case {
  const char* text;
  std::size_t size;
  const char* folded;
};

NodeSet Of(const std::string& text) {
  const auto set = NodeSet::Parse(text);
  INFO(text << ": " << set.status().message());
  REQUIRE(set.ok());
  return *set;
}

std::string Complaint(const std::string& text) {
  return std::string(NodeSet::Parse(text).status().message());
}

}  // namespace

TEST_CASE("a node set unfolds and folds") {
  for (const Case& test : std::vector<Case>{
           {"", 0, ""},
           {"n1", 1, "n1"},
           {"n2,n1,n2", 2, "n[1-2]"},
           {"n[1-3,7]", 4, "n[1-3,7]"},
           {"n10,n9,n1", 3, "n[1,9-10]"},
           {"n[3,1-2,2]", 3, "n[1-3]"},
           // Zeros in front are a part of the name.
           {"n[01-10]", 10, "n[01-10]"},
           {"n[08-101]", 94, "n[08-99,100-101]"},
           {"n[ 1 - 3, 5 ]", 4, "n[1-3,5]"},
           {"n[1-10],n[01-03]", 13, "n[1-9,01-03,10]"},
           {"n[00-02]", 3, "n[00-02]"},
           {"n0,n00,n000", 3, "n[0,00,000]"},
           {"n[098-101]", 4, "n[098-101]"},
           {"n[001-9]", 9, "n[001-009]"},
           // Steps.
           {"n[0-10/2]", 6, "n[0,2,4,6,8,10]"},
           {"n[01-10/3]", 4, "n[01,04,07,10]"},
           {"n[1-9/100]", 1, "n1"},
           // Several dimensions.
           {"r[1-2]n[01-03]", 6, "r[1-2]n[01-03]"},
           {"r1n[1-3],r2n[1-3],r3n[1-2]", 8, "r[1-2]n[1-3],r3n[1-2]"},
           {"dc[1-2]-rack[3-4]-n[5-6]", 8, "dc[1-2]-rack[3-4]-n[5-6]"},
           {"n1-eth0.lab,n2-eth0.lab", 2, "n[1-2]-eth0.lab"},
           {"n1[0-2]", 3, "n[10-12]"},
           {"n[1-2][1-2]", 4, "n[11-12,21-22]"},
           // Other names.
           {"web,db,n1", 3, "db,n1,web"},
           {"a1b,a1c,a2b", 3, "a[1-2]b,a1c"},
           {"n1234567890123456789012,n1", 2, "n1,n1234567890123456789012"},
           {"n[999999999999999998-999999999999999999]", 2,
            "n[999999999999999998-999999999999999999]"},
       }) {
    const NodeSet set = Of(test.text);
    INFO(test.text);
    CHECK(set.size() == test.size);
    CHECK(set.Fold() == test.folded);
    CHECK(Of(set.Fold()) == set);
  }
}

TEST_CASE("what is no node set is told, with the place") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"n[1-3", "this [ is not closed\n  n[1-3\n   ^"},
      {"n]", "this ] has no ["},
      {"n[]", "expected a number\n  n[]\n    ^"},
      {"n[a]", "expected a number"},
      {"n[1;3]", "expected a - with a number, a , or the closing ]"},
      {"n[3-1]", "the range 3-1 runs backwards"},
      {"n[01-002]", "the zeros of 01 and 002 do not agree"},
      {"n[1-010]", "the zeros of 1 and 010 do not agree"},
      {"n[1-5/0]", "a step is 1 or more"},
      {"n[1-5/]", "expected a number"},
      {"n[1234567890123456789]", "at most 18 digits"},
      {"n*", "* and ? stand for nothing here"},
      {"n1,,n2", "expected the name of a node here"},
      {"n1,", "expected the name of a node here\n  n1,\n     ^"},
      {"n1 n2", "expected a letter, a digit"},
      {"n\x1b[2J", "expected a letter"},
      {std::string(65, 'n'), "names of up to 65 bytes; a name has at most 64"},
      {"n[1-9999999999]", "more than 1000000 names at once"},
      {"n[1-99999][1-99999]", "more than 1000000 names at once"},
      {"n[1-600000],m[1-600000]", "with this there are more than 1000000 names"},
  };
  for (const auto& [text, words] : cases) {
    INFO(text << ": " << Complaint(text));
    CHECK(absl::StrContains(Complaint(text), words));
    CHECK_FALSE(absl::StrContains(Complaint(text), "\x1b"));
  }
}

TEST_CASE("sets are joined, cut and compared") {
  const NodeSet a = Of("n[1-5]");
  const NodeSet b = Of("n[4-7]");
  CHECK(a.Union(b).Fold() == "n[1-7]");
  CHECK(a.Minus(b).Fold() == "n[1-3]");
  CHECK(a.Intersection(b).Fold() == "n[4-5]");
  CHECK(a.Xor(b).Fold() == "n[1-3,6-7]");
  CHECK(a.Contains("n5"));
  CHECK_FALSE(a.Contains("n6"));
  CHECK_FALSE(a.Contains("n05"));
  CHECK(a.Minus(a).empty());
}

TEST_CASE("names have one order, and numbers in them count") {
  const std::vector<std::string> sorted = {"",
                                           "a",
                                           "a1",
                                           "a1a",
                                           "a1b",
                                           "a01",
                                           "a2",
                                           "a10",
                                           "a10b",
                                           "a010",
                                           "ab",
                                           "b",
                                           "n999999999999999999",
                                           "n1000000000000000000",
                                           "n1000000000000000001"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      INFO(sorted[i] << " " << sorted[j]);
      CHECK(ComesBefore(sorted[i], sorted[j]) == (i < j));
    }
  }
}

TEST_CASE("a hundred thousand nodes are nothing to wait for") {
  const auto begin = std::chrono::steady_clock::now();
  const NodeSet all = Of("n[1-100000]");
  CHECK(all.Fold() == "n[1-100000]");
  const NodeSet odd = Of("n[1-100000/2]");
  CHECK(Of(odd.Fold()) == odd);
  CHECK(all.Minus(odd).Union(odd) == all);
  const NodeSet square = Of("r[1-100]n[1-100]x[1-10]");
  CHECK(square.Fold() == "r[1-100]n[1-100]x[1-10]");
  const auto took = std::chrono::steady_clock::now() - begin;
  WARN("parsed and folded 350000 names in "
       << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
}
