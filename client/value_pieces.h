// ValuePieces: a value while it arrives in pieces of some KiB, joined at the end. A large
// one is gathered in memory of its own that grows without a copy and is given back as it is joined,
// so that it is held once: joining takes 4 MiB more than the value at its peak. One thread at a
// time.
#pragma once

#include <cstddef>
#include <string>

namespace muster {

class ValuePieces {
 public:
  ValuePieces() = default;
  ~ValuePieces();
  ValuePieces(const ValuePieces&) = delete;
  ValuePieces& operator=(const ValuePieces&) = delete;

  // Throws std::bad_alloc when there is no memory.
  void Append(std::string piece);
  // The whole value; nothing is left.
  std::string Take();

 private:
  void Grow(std::size_t needed);
  void Release();

  std::string text_;        // while it is small
  char* region_ = nullptr;  // of mmap, as soon as it is large
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace muster
