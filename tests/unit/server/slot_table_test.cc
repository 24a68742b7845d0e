#include "server/execution/slot_table.h"

#include <catch2/catch.hpp>

using namespace muster::server;  // NOLINT: a test of this namespace

namespace {

// 0: cores, counted; 1: gpu; 2: license.
SlotTable Table() {
  return SlotTable({{"cores", 4}, {"gpu", 2, {"0", "1"}}, {"license", 3, {"a", "b", "c"}}});
}

std::vector<std::size_t> Labels(const std::optional<SlotGrant>& grant, std::size_t part = 0) {
  REQUIRE(grant);
  return grant->parts[part].labels;
}

}  // namespace

TEST_CASE("Nobody holds what somebody else holds, and what was given back is there again") {
  SlotTable table = Table();
  const auto first = table.Take({{1, 1}});
  const auto second = table.Take({{1, 1}});
  CHECK(Labels(first) == std::vector<std::size_t>{0});
  CHECK(Labels(second) == std::vector<std::size_t>{1});
  CHECK_FALSE(table.Take({{1, 1}}));
  table.GiveBack(*first);
  CHECK(table.FreeOf(1) == 1);
  CHECK(Labels(table.Take({{1, 1}})) == std::vector<std::size_t>{0});
  CHECK(table.FreeOf(1) == 0);
}

TEST_CASE("All that is asked for is taken, or nothing of it") {
  SlotTable table = Table();
  const auto gpus = table.Take({{1, 2}});
  CHECK_FALSE(table.Take({{0, 1}, {1, 1}, {2, 1}}));
  CHECK(table.FreeOf(0) == 4);
  CHECK(table.FreeOf(2) == 3);
  table.GiveBack(*gpus);
  const auto all = table.Take({{0, 4}, {1, 2}, {2, 3}});
  REQUIRE(all);
  for (std::size_t slot = 0; slot < 3; ++slot) CHECK(table.FreeOf(slot) == 0);
  table.GiveBack(*all);
  CHECK(table.FreeOf(0) == 4);
  CHECK(Labels(table.Take({{2, 3}})) == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("Nothing, too much and what is not there") {
  SlotTable table = Table();
  const auto nothing = table.Take({});
  REQUIRE(nothing);
  CHECK(nothing->parts.empty());
  CHECK_FALSE(table.Take({{1, 3}}));
  CHECK_FALSE(table.Take({{0, ~0ull}}));
  CHECK_FALSE(table.Take({{7, 1}}));
}

TEST_CASE("A holder is told what it holds, in the names of the node") {
  SlotTable table = Table();
  const auto one = table.Take({{0, 2}, {1, 1}});
  CHECK(table.Environment(*one) ==
        std::vector<std::string>{"MUSTER_SLOT_GPU=0", "CUDA_VISIBLE_DEVICES=0"});
  table.GiveBack(*one);
  const auto both = table.Take({{1, 2}, {2, 2}});
  CHECK(table.Environment(*both) == std::vector<std::string>{"MUSTER_SLOT_GPU=0,1",
                                                             "CUDA_VISIBLE_DEVICES=0,1",
                                                             "MUSTER_SLOT_LICENSE=a,b"});
}
