#include "shell/target.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace muster::clustershell {
namespace {

std::vector<Node> Cluster() {
  return {
      {1, "n1", "unix:/1"}, {2, "n2", "unix:/2"}, {3, "gpu-1", "unix:/3"}, {4, "gpu-2", "unix:/4"}};
}

std::vector<int> Chosen(const std::string& target) {
  const auto chosen = ParseTarget(target, Cluster());
  INFO(target << ": " << chosen.status().ToString());
  REQUIRE(chosen.ok());
  return *chosen;
}

TEST_CASE("a target names nodes by index, range, name and glob") {
  CHECK(Chosen("2") == std::vector<int>{2});
  CHECK(Chosen("1-3") == std::vector<int>{1, 2, 3});
  CHECK(Chosen("gpu-1") == std::vector<int>{3});
  CHECK(Chosen("*") == std::vector<int>{1, 2, 3, 4});
  CHECK(Chosen("gpu-?") == std::vector<int>{3, 4});
  CHECK(Chosen("*2") == std::vector<int>{2, 4});
}

TEST_CASE("the order is that of the terms, and each node comes once") {
  CHECK(Chosen("3,1") == std::vector<int>{3, 1});
  CHECK(Chosen("n2,1-4,n2,*") == std::vector<int>{2, 1, 3, 4});
}

TEST_CASE("a term that names no node makes the whole target wrong") {
  for (const char* target : {"",       "0",    "5",     "1-5", "3-1", "0-2", "n3",
                             "n1,n9",  "n1,",  ",n1",   "N1",  "1-",  "-1",  "1-2-3",
                             "n[1-2]", "!n1",  "n1!n2", "n1 ", "+1",  "1.0", "99999999999999999999",
                             "x*",     "\\n1", "n1\n"}) {
    const auto chosen = ParseTarget(target, Cluster());
    INFO(target);
    CHECK(chosen.status().code() == absl::StatusCode::kNotFound);
  }
}

TEST_CASE("the message names the term and the valid targets") {
  const std::string message(ParseTarget("n1,n9", Cluster()).status().message());
  CHECK(message ==
        "target 'n1,n9': 'n9' names no node, so nothing was run; valid here: 1-4, n1, n2, gpu-1, "
        "gpu-2 or *");
}

TEST_CASE("a long list of valid targets is cut") {
  std::vector<Node> nodes;
  for (int i = 1; i <= 512; ++i) nodes.push_back({i, "n" + std::to_string(i), ""});
  const std::string message(ParseTarget("x", nodes).status().message());
  CHECK(message.find("1-512, n1, n2,") != std::string::npos);
  CHECK(message.find("n8, … (504 more) or *") != std::string::npos);
  CHECK(ParseTarget("*", nodes)->size() == 512);
}

}  // namespace
}  // namespace muster::clustershell
