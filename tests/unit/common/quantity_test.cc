#include "common/quantity.h"

#include <catch2/catch.hpp>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "common/variable_name.h"

using Catch::Contains;

namespace {

constexpr std::uint64_t kKibi = 1024;

std::string Complaint(const absl::Status& status) {
  REQUIRE(status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

}  // namespace

TEST_CASE("durations are seconds, or say their unit") {
  const std::map<std::string, std::int64_t> table = {
      {"5", 5000},
      {"0.5", 500},
      {".5", 500},
      {"0", 0},
      {"250ms", 250},
      {"1.1s", 1100},
      {"2m", 120000},
      {"1.5h", 5400000},
      {"0.0001", 1},
      {"0.5ms", 1},
      {"007", 7000},
      {"0.3000000000000004", 300},
      {"2562047788015h", 9223372036854000000},
      {"9223372036854775807ms", 9223372036854775807},
  };
  for (const auto& [text, milliseconds] : table) {
    const auto duration = muster::ParseDuration(text);
    INFO(text);
    REQUIRE(duration.ok());
    CHECK(duration->count() == milliseconds);
  }
}

TEST_CASE("sizes are bytes, or powers of 1024") {
  const std::map<std::string, std::uint64_t> table = {
      {"0", 0},
      {"512", 512},
      {"1b", 1},
      {"1K", kKibi},
      {"1k", kKibi},
      {"2KiB", 2 * kKibi},
      {"2kb", 2 * kKibi},
      {"1.5M", 3 * kKibi * kKibi / 2},
      {"64MiB", 64 * kKibi * kKibi},
      {"1gib", kKibi * kKibi * kKibi},
      {"2T", 2 * kKibi * kKibi * kKibi * kKibi},
      {"0.0001K", 1},
      {"9223372036854775807", 9223372036854775807u},
  };
  for (const auto& [text, bytes] : table) {
    const auto size = muster::ParseSize(text);
    INFO(text);
    REQUIRE(size.ok());
    CHECK(*size == bytes);
  }
}

TEST_CASE("what is no duration is refused, with the text and what is valid") {
  for (const std::string text : {"", "-1", "+1", "5 s", " 5", "1e3", "nan", "inf", "0x10", "5.",
                                 ".", "s", "5M", "5S", "5min", "1,5", "1.5.5", "5sm"}) {
    INFO(text);
    CHECK(Complaint(muster::ParseDuration(text).status()) ==
          "\"" + text +
              "\" is no duration; a duration is a number with ms, s, m or h behind it, or a plain "
              "number of seconds, as in 250ms, 0.5 or 2h");
  }
}

TEST_CASE("what is no size is refused, with the text and what is valid") {
  for (const std::string text :
       {"", "-1", "1.5", "0.5b", "NaN", "1e9", "5 G", "G", "1P", "1Kib5", "1Ki", "1s", "5."}) {
    INFO(text);
    CHECK_THAT(Complaint(muster::ParseSize(text).status()),
               Contains("\"" + text + "\" is no size; ") && Contains("K, M, G or T"));
  }
}

TEST_CASE("what does not fit is refused and never becomes less") {
  for (const std::string text : {"9223372036854775808ms", "2562047788016h", "9223372036854775807",
                                 "99999999999999999999999999"}) {
    INFO(text);
    CHECK_THAT(Complaint(muster::ParseDuration(text).status()), Contains("too long a duration"));
  }
  for (const std::string text :
       {"9223372036854775808", "8388608T", "8388607.9999999T1", "1000000000000000T"}) {
    INFO(text);
    CHECK_FALSE(muster::ParseSize(text).ok());
  }
  CHECK(muster::ParseSize("8388607.999999T").ok());
}

TEST_CASE("counts are whole") {
  CHECK(*muster::ParseCount("0") == 0);
  CHECK(*muster::ParseCount("4096") == 4096);
  for (const std::string text : {"", "-1", "1.0", "1K", "x"}) {
    INFO(text);
    CHECK_THAT(Complaint(muster::ParseCount(text).status()),
               Contains("\"" + text + "\" is no count; a count is a whole number"));
  }
  CHECK_THAT(Complaint(muster::ParseCount("18446744073709551616").status()), Contains("too large"));
}

TEST_CASE("messages tell durations and sizes in a unit that fits") {
  using std::chrono::milliseconds;
  const std::map<std::int64_t, std::string> durations = {
      {0, "0 ms"},     {250, "250 ms"},   {1000, "1 s"},     {1500, "1.5 s"},
      {90000, "90 s"}, {150000, "2.5 m"}, {3600000, "60 m"}, {10800000, "3 h"},
  };
  for (const auto& [count, text] : durations)
    CHECK(muster::FormatDuration(milliseconds(count)) == text);
  CHECK(muster::FormatSize(0) == "0 bytes");
  CHECK(muster::FormatSize(1) == "1 byte");
  CHECK(muster::FormatSize(1023) == "1023 bytes");
  CHECK(muster::FormatSize(kKibi) == "1 KiB");
  CHECK(muster::FormatSize(3 * kKibi * kKibi * kKibi / 2) == "1.5 GiB");
  CHECK(muster::FormatSize(std::numeric_limits<std::uint64_t>::max()) == "16777216 TiB");
}

TEST_CASE("variables have names that a shell can use") {
  for (const std::string name : {"A", "_", "_1", "PATH", "a_B9"})
    CHECK(muster::IsVariableName(name));
  for (const std::string name : {"", "1A", "A-B", "A B", "A=", "\xc3\xa4"}) {
    CHECK_FALSE(muster::IsVariableName(name));
  }
}
