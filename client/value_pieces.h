// ValuePieces: a value while it arrives in pieces of some KiB. Where its size was told before, the
// pieces go straight to where they stay: so much address space is reserved as the size says, but
// for each byte that has come at most 1024, and memory is taken only by what comes. Where it was
// not, or was wrong, a large one is gathered in memory of its own that grows without a copy and is
// given back as it is joined, so that it is held once: joining takes 4 MiB more than the value at
// its peak. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

class ValuePieces {
 public:
  ValuePieces() = default;
  ~ValuePieces();
  ValuePieces(const ValuePieces&) = delete;
  ValuePieces& operator=(const ValuePieces&) = delete;

  // `value_bytes`: that the whole will have, as far as somebody knows; 0: not known. Throws
  // std::bad_alloc when there is no memory.
  void Append(std::string_view piece, std::uint64_t value_bytes = 0);
  // The whole value; nothing is left.
  std::string Take();

 private:
  // Room in text_ for the whole, if it is worth it and to be believed.
  void Reserve(std::uint64_t value_bytes);
  void Grow(std::size_t needed);
  void Release();

  std::string text_;        // while it is small, or there is room for it
  char* region_ = nullptr;  // of mmap, as soon as it is large
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace muster
