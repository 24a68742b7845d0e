// Blocks of a file that is there: where data is, and the digest of its beginning. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "files/channel.h"
#include "files/checksum.h"

namespace muster::files {

// Finds the blocks that hold data: those between are holes, which read as zeros. For one file, from
// its beginning to its end.
class DataFinder {
 public:
  explicit DataFinder(int fd) : fd_(fd) {}
  // The first block at `at` (a block's boundary) or behind it that holds data; `size`, when none
  // before that does.
  std::uint64_t Next(std::uint64_t at, std::uint64_t size);

 private:
  const int fd_;
  std::uint64_t data_until_ = 0;  // data without a hole up to here
};

// The bytes of the file from `at` on, `bytes` of them; fewer at its end. Empty with errno when they
// cannot be read.
std::optional<std::string> ReadBlock(int fd, std::uint64_t at, std::uint64_t bytes);

// Of the first `bytes` of the file. Empty: they could not be read, or the transfer is over.
std::optional<Digest> DigestOf(int fd, std::uint64_t bytes, RecordChannel& channel);

}  // namespace muster::files
