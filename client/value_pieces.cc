#include "client/value_pieces.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

namespace muster {
namespace {

constexpr std::size_t kMaxSmallBytes = 1u << 20;
constexpr std::size_t kFirstRegionBytes = 16u << 20;
constexpr std::size_t kJoinedAtOnce = 4u << 20;  // a multiple of any page
// Of a value whose size is told: the first bytes prove nothing.
constexpr std::size_t kBelievedFrom = 1u << 20;
constexpr std::size_t kBelievedTimes = 1024;
// As numpy does it.
constexpr std::size_t kMinLargePagesBytes = 4u << 20;

// Memory that was not written to yet: a page fault for 2 MiB takes a quarter of the time of those
// for its small pages.
void UseLargePages(char* data, std::size_t size) {
  if (size < kMinLargePagesBytes) return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t before = (page - reinterpret_cast<std::uintptr_t>(data) % page) % page;
  // What cannot be had is done without.
  ::madvise(data + before, (size - before) / page * page, MADV_HUGEPAGE);
}

}  // namespace

ValuePieces::~ValuePieces() { Release(); }

void ValuePieces::Release() {
  if (region_ != nullptr) ::munmap(region_, capacity_);
  region_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

void ValuePieces::Append(std::string_view piece, std::uint64_t value_bytes) {
  const std::size_t needed = text_.size() + piece.size();
  if (region_ == nullptr && needed > text_.capacity()) Reserve(value_bytes);
  if (region_ == nullptr && needed <= std::max(kMaxSmallBytes, text_.capacity())) {
    text_ += piece;
    return;
  }
  Grow(size_ + needed);
  for (const std::string_view part : {std::string_view(text_), piece}) {
    std::memcpy(region_ + size_, part.data(), part.size());
    size_ += part.size();
  }
  text_ = std::string();
}

void ValuePieces::Reserve(std::uint64_t value_bytes) {
  if (text_.size() < kBelievedFrom || value_bytes <= text_.size()) return;
  const std::size_t most = kBelievedTimes * text_.size();
  const std::size_t bytes = std::min<std::uint64_t>(value_bytes, most);
  try {
    text_.reserve(bytes);
  } catch (const std::exception&) {  // no address space, or not so much
    return;
  }
  UseLargePages(text_.data(), text_.capacity());
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
  if (region_ == nullptr) {
    // More was told than came.
    if (text_.capacity() > 2 * std::max(text_.size(), kMaxSmallBytes)) text_.shrink_to_fit();
    return std::exchange(text_, {});
  }
  std::string whole;
  whole.reserve(size_);
  UseLargePages(whole.data(), whole.capacity());
  for (std::size_t at = 0; at < size_; at += kJoinedAtOnce) {
    const std::size_t count = std::min(kJoinedAtOnce, size_ - at);
    whole.append(region_ + at, count);
    ::madvise(region_ + at, count, MADV_DONTNEED);
  }
  Release();
  return whole;
}

}  // namespace muster
