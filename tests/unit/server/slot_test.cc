#include "server/execution/slot.h"

#include <catch2/catch.hpp>

using namespace muster::server;  // NOLINT: a test of this namespace
using Catch::Contains;

namespace {

std::vector<Slot> Parsed(const std::string& text) {
  const auto slots = ParseSlots(text);
  INFO(text);
  REQUIRE(slots.ok());
  return *slots;
}

std::string Complaint(const std::string& text) {
  const auto slots = ParseSlots(text);
  INFO(text);
  REQUIRE_FALSE(slots.ok());
  return std::string(slots.status().message());
}

// Of a node with 2 gpu, 4 cores and 1 GiB.
absl::StatusOr<SlotAsks> Asked(const std::vector<NamedCount>& wanted) {
  return MatchSlots(WithBuiltIn(Parsed("gpu=2"), 4, 1u << 30), wanted);
}

std::string Refusal(const std::vector<NamedCount>& wanted) {
  return std::string(Asked(wanted).status().message());
}

}  // namespace

TEST_CASE("Slots are numbers or names, and cores and memory are only counted") {
  const auto slots = Parsed(" gpu=2, license = 0\n disk=sda|/dev/sdb ,memory=1.5G,cores=3,");
  REQUIRE(slots.size() == 5);
  CHECK(slots[0].labels == std::vector<std::string>{"0", "1"});
  CHECK(slots[1].total == 0);
  CHECK(slots[2].total == 2);
  CHECK(slots[2].labels == std::vector<std::string>{"sda", "/dev/sdb"});
  CHECK(slots[3].total == 3ull << 29);
  CHECK(slots[3].labels.empty());
  CHECK(slots[4].labels.empty());
  CHECK(Parsed("gpu=GPU-1f|GPU-2e")[0].labels[1] == "GPU-2e");
  CHECK(Parsed("").empty());
}

TEST_CASE("What is no slot is told with what would be one") {
  for (const char* text : {"gpu", "=2", "GPU=1", "2gpu=1", "g\xc3\xbc=1", "a-b=1", "a b=1"}) {
    CHECK_THAT(Complaint(text), Contains("NAME=NUMBER or NAME=ONE|OTHER"));
  }
  for (const char* text : {"gpu=", "gpu=a||b", "gpu=-1", "gpu=a,b c=|", "gpu=a;b"}) {
    CHECK_THAT(Complaint(text), Contains("neither a number nor names") || Contains("no slot"));
  }
  CHECK_THAT(Complaint("gpu=1,gpu=2"), Contains("gpu twice"));
  CHECK_THAT(Complaint("gpu=a|a"), Contains("\"a\" twice"));
  CHECK_THAT(Complaint("gpu=10001"), Contains("at most 10000"));
  CHECK_THAT(Complaint("gpu=99999999999999999999"), Contains("count"));
  CHECK_THAT(Complaint("cores=1.5"), Contains("count"));
  CHECK_THAT(Complaint("memory=lots"), Contains("size"));
  CHECK_THAT(Complaint("memory=9000000T"), Contains("size") || Contains("at most"));
  std::string many;
  for (int i = 0; i < 63; ++i) many += "s" + std::to_string(i) + "=1,";
  CHECK_THAT(Complaint(many), Contains("at most 62 kinds"));
}

TEST_CASE("Cores and memory are there, and the configuration's own where it has them") {
  const auto slots = WithBuiltIn(Parsed("zoo=1,cores=9"), 4, 100);
  REQUIRE(slots.size() == 3);
  CHECK(slots[0].name == "cores");
  CHECK(slots[0].total == 9);
  CHECK(slots[1].name == "memory");
  CHECK(slots[1].total == 100);
  CHECK(slots[2].name == "zoo");
}

TEST_CASE("A request is matched by name, or refused by it") {
  CHECK(*Asked({{"gpu", 2}, {"cores", 1}}) == SlotAsks{{0, 1}, {1, 2}});
  CHECK(Asked({})->empty());
  CHECK(Refusal({{"gpu", 3}}) == "this node has 2 gpu, 3 were asked");
  CHECK(Refusal({{"gpu", ~0ull}}) == "this node has 2 gpu, 18446744073709551615 were asked");
  CHECK(Refusal({{"memory", 2u << 30}}) == "this node has 1 GiB memory, 2 GiB were asked");
  CHECK(Refusal({{"memory", (1u << 30) + 1}}) ==
        "this node has 1073741824 bytes memory, 1073741825 bytes were asked");
  CHECK(Refusal({{"tpu", 1}}) == "this node has no tpu; it has cores=4, gpu=2, memory=1 GiB");
  CHECK_THAT(Refusal({{"gpu", 0}}), Contains("0 gpu were asked for"));
  CHECK_THAT(Refusal({{"gpu", 1}, {"cores", 1}, {"gpu", 1}}), Contains("gpu was asked for twice"));
  for (const char* name : {"", "GPU", "\xff\xfe", "\xc3\xbc", "gpu\n", "a=b"}) {
    CHECK_THAT(Refusal({{name, 1}}), Contains("whose name is none"));
  }
  const std::string long_name(1 << 20, 'a');
  CHECK(Refusal({{long_name, 1}}).size() < 200);
  CHECK_THAT(Refusal(std::vector<NamedCount>(10'000, {"gpu", 1})), Contains("at most 64"));
}
