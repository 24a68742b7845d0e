#include "files/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <string>

#include "files/record.h"

namespace muster::files {

std::uint64_t Checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

struct Digest::State {
  XXH3_state_t state;
};

Digest::Digest() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->state); }
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::AddBlock(std::uint64_t checksum, std::uint64_t bytes) {
  // As bytes in one order, whatever machine this is.
  unsigned char digits[8];
  for (int i = 0; i < 8; ++i) digits[i] = static_cast<unsigned char>(checksum >> (8 * i));
  XXH3_64bits_update(&state_->state, digits, sizeof(digits));
  bytes_ += bytes;
}

void Digest::AddZerosUpTo(std::uint64_t size) {
  static const std::uint64_t whole = Checksum(std::string(kBlockBytes, '\0'));
  while (bytes_ < size) {
    const std::uint64_t bytes = std::min(size - bytes_, kBlockBytes);
    AddBlock(bytes == kBlockBytes ? whole : Checksum(std::string(bytes, '\0')), bytes);
  }
}

std::uint64_t Digest::Value() const { return XXH3_64bits_digest(&state_->state); }

}  // namespace muster::files
