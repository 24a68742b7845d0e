#include "server/execution/used_ids.h"

#include <catch2/catch.hpp>
#include <string>

using muster::server::ExecutionKey;
using muster::server::UsedIds;

namespace {
ExecutionKey Key(std::uint64_t sequence, const std::string& stream = "s", uid_t caller = 1) {
  return {caller, stream, sequence};
}
}  // namespace

TEST_CASE("An id is used once, in whatever order ids come") {
  UsedIds ids;
  for (const std::uint64_t sequence : {1u, 3u, 2u, 7u, 5u}) CHECK(ids.Use(Key(sequence)));
  for (const std::uint64_t sequence : {1u, 2u, 3u, 5u, 7u}) CHECK_FALSE(ids.Use(Key(sequence)));
  CHECK(ids.Use(Key(4)));
  CHECK(ids.Use(Key(6)));
  CHECK(ids.Use(Key(~std::uint64_t{0})));
  CHECK_FALSE(ids.Use(Key(~std::uint64_t{0})));
}

TEST_CASE("The same number of another connection or another caller is another id") {
  UsedIds ids;
  CHECK(ids.Use(Key(1)));
  CHECK(ids.Use(Key(1, "t")));
  CHECK(ids.Use(Key(1, "s", 2)));
}

TEST_CASE("Beyond the gaps that are remembered an id is refused rather than used twice") {
  UsedIds ids;
  for (std::uint64_t i = 0; i <= UsedIds::kMaxGaps; ++i) CHECK(ids.Use(Key(10 + 2 * i)));
  CHECK_FALSE(ids.Use(Key(10)));
  CHECK_FALSE(ids.Use(Key(9)));  // never used, but below the floor
  CHECK(ids.Use(Key(13)));
}

TEST_CASE("Connections that were not used for long are forgotten") {
  UsedIds ids;
  CHECK(ids.Use(Key(1, "old")));
  for (std::size_t i = 0; i < UsedIds::kMaxStreams; ++i) {
    CHECK(ids.Use(Key(1, "stream" + std::to_string(i))));
  }
  CHECK_FALSE(ids.Use(Key(1, "stream0")));
  CHECK(ids.Use(Key(1, "old")));
}

TEST_CASE("Nobody's connections are forgotten because another makes many") {
  UsedIds ids;
  CHECK(ids.Use(Key(1, "mine", 1)));
  for (std::size_t i = 0; i < 2 * UsedIds::kMaxStreams; ++i) {
    CHECK(ids.Use(Key(1, "stream" + std::to_string(i), 2)));
  }
  CHECK_FALSE(ids.Use(Key(1, "mine", 1)));
  CHECK(ids.Use(Key(1, "stream0", 2)));
}
