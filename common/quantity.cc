#include "common/quantity.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace muster {
namespace {

constexpr char kDurations[] =
    "a duration is a number with ms, s, m or h behind it, or a plain number of seconds, as in "
    "250ms, "
    "0.5 or 2h";
constexpr char kSizes[] =
    "a size is a number with K, M, G or T behind it (powers of 1024), or a plain number of bytes, "
    "as "
    "in 512K or 1.5G";
constexpr char kCounts[] = "a count is a whole number, as in 100";

constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
// What is behind the point, in millionths: they times the largest unit still fit into 64 bits.
constexpr std::uint64_t kMillion = 1000000;
constexpr std::size_t kFractionDigits = 6;

absl::Status Bad(absl::string_view text, absl::string_view what, absl::string_view valid) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is ", what, "; ", valid));
}

absl::string_view TakeDigits(absl::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(),
                                    [](unsigned char c) { return absl::ascii_isdigit(c); });
  const absl::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

struct Number {
  std::uint64_t whole = 0;
  std::uint64_t millionths = 0;
  bool has_point = false;
  bool is_too_large = false;
};

// Moves the number at the start of `text` out of it. Digits are counted, not read as a double: 1.1
// s are 1100 ms, and nothing is lost of a large number.
std::optional<Number> TakeNumber(absl::string_view& text) {
  Number number;
  const absl::string_view whole = TakeDigits(text);
  number.is_too_large = !whole.empty() && !absl::SimpleAtoi(whole, &number.whole);
  if (absl::StartsWith(text, ".")) {
    text.remove_prefix(1);
    number.has_point = true;
    const absl::string_view digits = TakeDigits(text);
    if (digits.empty()) return std::nullopt;
    for (std::size_t i = 0; i < kFractionDigits; ++i) {
      const char digit = i < digits.size() ? digits[i] : '0';
      number.millionths = number.millionths * 10 + static_cast<std::uint64_t>(digit - '0');
    }
  } else if (whole.empty()) {
    return std::nullopt;
  }
  return number;
}

// The number times the unit, rounded up; none when it is more than an int64 holds.
std::optional<std::uint64_t> Times(const Number& number, std::uint64_t unit) {
  const std::uint64_t fraction = (number.millionths * unit + kMillion - 1) / kMillion;
  if (number.is_too_large || number.whole > (kMost - fraction) / unit) return std::nullopt;
  return number.whole * unit + fraction;
}

// In milliseconds; 0: there is no such unit.
std::uint64_t UnitOfDuration(absl::string_view unit) {
  if (unit == "ms") return 1;
  if (unit.empty() || unit == "s") return 1000;
  if (unit == "m") return std::uint64_t{60} * 1000;
  if (unit == "h") return std::uint64_t{3600} * 1000;
  return 0;
}

// In bytes; 0: there is no such unit.
std::uint64_t UnitOfSize(absl::string_view unit) {
  const std::string lower = absl::AsciiStrToLower(unit);
  if (lower.empty() || lower == "b") return 1;
  const std::size_t power = absl::string_view("kmgt").find(lower[0]);
  const absl::string_view rest = absl::string_view(lower).substr(1);
  const bool is_known =
      power != absl::string_view::npos && (rest.empty() || rest == "b" || rest == "ib");
  return is_known ? std::uint64_t{1} << (10 * (power + 1)) : 0;
}

// "1.5 GiB", "5 s".
std::string WithUnit(double value, absl::string_view unit) {
  std::string text = absl::StrFormat("%.1f", value);
  if (absl::EndsWith(text, ".0")) text.resize(text.size() - 2);
  return absl::StrCat(text, " ", unit);
}

}  // namespace

absl::StatusOr<std::chrono::milliseconds> ParseDuration(absl::string_view text) {
  absl::string_view unit = text;
  const std::optional<Number> number = TakeNumber(unit);
  const std::uint64_t milliseconds = UnitOfDuration(unit);
  if (!number || milliseconds == 0) return Bad(text, "no duration", kDurations);
  const std::optional<std::uint64_t> value = Times(*number, milliseconds);
  if (!value) return Bad(text, "too long a duration", kDurations);
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

absl::StatusOr<std::uint64_t> ParseSize(absl::string_view text) {
  absl::string_view unit = text;
  const std::optional<Number> number = TakeNumber(unit);
  const std::uint64_t bytes = UnitOfSize(unit);
  if (!number || bytes == 0 || (bytes == 1 && number->has_point)) {
    return Bad(text, "no size", kSizes);
  }
  const std::optional<std::uint64_t> value = Times(*number, bytes);
  if (!value) return Bad(text, "too large a size", kSizes);
  return *value;
}

absl::StatusOr<std::uint64_t> ParseCount(absl::string_view text) {
  absl::string_view rest = text;
  const std::optional<Number> number = TakeNumber(rest);
  if (!number || number->has_point || !rest.empty()) return Bad(text, "no count", kCounts);
  const std::optional<std::uint64_t> value = Times(*number, 1);
  if (!value) return Bad(text, "too large a count", kCounts);
  return *value;
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  const auto milliseconds = static_cast<double>(duration.count());
  if (milliseconds < 1000) return absl::StrCat(duration.count(), " ms");
  if (milliseconds < 120 * 1000) return WithUnit(milliseconds / 1000, "s");
  if (milliseconds < 2 * 3600 * 1000) return WithUnit(milliseconds / (60 * 1000), "m");
  return WithUnit(milliseconds / (3600 * 1000), "h");
}

std::string FormatSize(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return absl::StrCat(bytes, bytes == 1 ? " byte" : " bytes");
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return WithUnit(value, kUnits[unit]);
}

}  // namespace muster
