// Limits: what one execution may use, and which of it was reached. Plain data with its encoding.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "server/spawner/frame.h"

namespace muster::server {

enum class Limit : std::uint8_t {
  kNone,
  kCpu,
  kMemory,
  kProcesses,
  kFileSize,
  kOpenFiles,
  kOutput,
};

// Empty: no limit.
struct Limits {
  std::optional<std::chrono::milliseconds> cpu;  // user and system time of the whole tree
  std::optional<std::uint64_t> memory_bytes;     // of the whole tree
  std::optional<std::uint64_t> processes;        // and threads, at once
  std::optional<std::uint64_t> file_size_bytes;  // of each file that is written
  std::optional<std::uint64_t> open_files;       // descriptors of each process
  std::optional<std::uint64_t> output_bytes;  // stdout and stderr together; the daemon's to count

  void Encode(PayloadWriter& writer) const;
  static Limits Decode(PayloadReader& reader);
};

// The smaller one of those that are there.
template <typename T>
std::optional<T> SmallerOf(const std::optional<T>& a, const std::optional<T>& b) {
  if (!a || !b) return a ? a : b;
  return *a < *b ? a : b;
}
// Limit by limit.
Limits Smaller(const Limits& a, const Limits& b);

// "CPU time of 5 s", "64 processes"; for messages.
std::string DescribeLimit(Limit limit, const Limits& limits);

}  // namespace muster::server
