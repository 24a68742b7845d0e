#include "files/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

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

void Digest::Update(std::uint64_t number) {
  // As bytes in one order, whatever machine this is.
  unsigned char digits[8];
  for (int i = 0; i < 8; ++i) digits[i] = static_cast<unsigned char>(number >> (8 * i));
  XXH3_64bits_update(&state_->state, digits, sizeof(digits));
}

void Digest::AddBlock(std::uint64_t checksum, std::uint64_t bytes) {
  static const std::uint64_t zeros = Checksum(std::string(kBlockBytes, '\0'));
  // A block of zeros may be a hole at the other end.
  if (bytes != kBlockBytes || checksum != zeros) {
    Update(bytes_);
    Update(checksum);
  }
  bytes_ += bytes;
}

void Digest::AddZerosUpTo(std::uint64_t size) {
  if (size <= bytes_) return;
  const std::uint64_t rest = size % kBlockBytes;
  bytes_ = size - rest;
  if (rest > 0) AddBlock(Checksum(std::string(rest, '\0')), rest);
}

std::uint64_t Digest::Value() const { return XXH3_64bits_digest(&state_->state); }

}  // namespace muster::files
