#include "client/value_pieces.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace muster {
namespace {

constexpr std::size_t kMaxSmallBytes = 1u << 20;
constexpr std::size_t kFirstRegionBytes = 16u << 20;
constexpr std::size_t kJoinedAtOnce = 4u << 20;  // a multiple of any page

}  // namespace

ValuePieces::~ValuePieces() { Release(); }

void ValuePieces::Release() {
  if (region_ != nullptr) ::munmap(region_, capacity_);
  region_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

void ValuePieces::Append(std::string piece) {
  if (region_ == nullptr && text_.size() + piece.size() <= kMaxSmallBytes) {
    if (text_.empty()) {
      text_ = std::move(piece);
    } else {
      text_ += piece;
    }
    return;
  }
  Grow(size_ + text_.size() + piece.size());
  for (std::string* part : {&text_, &piece}) {
    std::memcpy(region_ + size_, part->data(), part->size());
    size_ += part->size();
  }
  text_ = std::string();
}

// Pages that nothing was written to take no memory, and those that were are moved without a copy.
void ValuePieces::Grow(std::size_t needed) {
  if (needed <= capacity_) return;
  const std::size_t capacity = std::max({needed, 2 * capacity_, kFirstRegionBytes});
  void* const grown = region_ == nullptr
                          ? ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                          : ::mremap(region_, capacity_, capacity, MREMAP_MAYMOVE);
  if (grown == MAP_FAILED) throw std::bad_alloc();
  region_ = static_cast<char*>(grown);
  capacity_ = capacity;
}

std::string ValuePieces::Take() {
  if (region_ == nullptr) return std::exchange(text_, {});
  std::string whole;
  whole.reserve(size_);
  for (std::size_t at = 0; at < size_; at += kJoinedAtOnce) {
    const std::size_t count = std::min(kJoinedAtOnce, size_ - at);
    whole.append(region_ + at, count);
    ::madvise(region_ + at, count, MADV_DONTNEED);
  }
  Release();
  return whole;
}

}  // namespace muster
