// Checksums of what travels: XXH3 with 64 bits (xxhash.com). They find what was damaged or cut on
// its way; they are no signature. Checksum is pure; a Digest belongs to one thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace muster::files {

std::uint64_t Checksum(std::string_view bytes);

// Of a whole file: the checksum of where its blocks are and of their checksums. A hole counts as
// the zeros that it reads as, and costs nothing, however large somebody says that it is.
class Digest {
 public:
  // The next block; only the last one of a file may be shorter than kBlockBytes.
  void AddBlock(std::uint64_t checksum, std::uint64_t bytes);
  // Zeros up to this size of the file: from a block's boundary to one, or to the end.
  void AddZerosUpTo(std::uint64_t size);
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace muster::files
