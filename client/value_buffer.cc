#include "client/value_buffer.h"

#include <sys/mman.h>

#include <cstdint>
#include <utility>

namespace muster {
namespace {

// Below this a value's memory is the allocator's business alone.
constexpr std::size_t kBigBytes = 4 << 20;
constexpr std::uintptr_t kPageBytes = 2 << 20;  // a huge one

// Memory that is written for the first time comes from the kernel page by page, which takes longer
// than what is written; in huge pages it does not. Where there are none, nothing changes.
void UseHugePages(std::string& bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = (begin + kPageBytes - 1) & ~(kPageBytes - 1);
  const std::uintptr_t last = (begin + bytes.capacity()) & ~(kPageBytes - 1);
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace

void ValueBuffer::Append(const std::string& piece) {
  const std::size_t size = bytes_.size() + piece.size();
  if (size > bytes_.capacity() && size > kBigBytes) {
    bytes_.reserve(2 * size);
    UseHugePages(bytes_);
  }
  bytes_ += piece;
}

std::string ValueBuffer::Take() { return std::exchange(bytes_, {}); }

}  // namespace muster
