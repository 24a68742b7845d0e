#include "files/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string>

#include "files/record.h"

namespace muster::files {

std::uint64_t Checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

void Digest::AddBlock(std::uint64_t checksum, std::uint64_t bytes) {
  static const std::uint64_t zeros = Checksum(std::string(kBlockBytes, '\0'));
  // A block of zeros may be a hole at the other end.
  if (bytes != kBlockBytes || checksum != zeros) {
    // As bytes in one order, whatever machine this is.
    const std::string digits = FieldWriter().U64(bytes_).U64(checksum).payload();
    value_ = XXH3_64bits_withSeed(digits.data(), digits.size(), value_);
  }
  bytes_ += bytes;
}

void Digest::AddZerosUpTo(std::uint64_t size) {
  if (size <= bytes_) return;
  const std::uint64_t rest = size % kBlockBytes;
  bytes_ = size - rest;
  if (rest > 0) AddBlock(Checksum(std::string(rest, '\0')), rest);
}

}  // namespace muster::files
