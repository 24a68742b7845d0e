// Quantities: durations, sizes and counts as a person writes them, and as a message tells them.
// Pure; thread-safe.
//
//   DURATION := NUMBER ["ms" | "s" | "m" | "h"]            without a unit: seconds
//   SIZE     := NUMBER ["K" | "M" | "G" | "T"] ["iB" | "B"] powers of 1024; without a unit: bytes
//   NUMBER   := digits ["." digits], of which six behind the point count
//
// The units of a size may be in upper or lower case. There are no signs, exponents and blanks.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace muster {

// InvalidArgument repeats the text and says what is valid. What lies between two milliseconds is
// rounded up, so that only 0 is 0.
absl::StatusOr<std::chrono::milliseconds> ParseDuration(absl::string_view text);
// In bytes; between two of them rounded up, but a number of bytes has to be whole.
absl::StatusOr<std::uint64_t> ParseSize(absl::string_view text);
// A whole number without a unit.
absl::StatusOr<std::uint64_t> ParseCount(absl::string_view text);

// In the largest unit that it fills, with at most one digit behind the point: "250 ms", "1.5 s",
// "90 s", "2.5 m" (from two minutes on), "3 h" (from two hours on).
std::string FormatDuration(std::chrono::milliseconds duration);
// "512 bytes", "1.5 GiB".
std::string FormatSize(std::uint64_t bytes);

}  // namespace muster
