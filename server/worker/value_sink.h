// ValueSink: where an encoded value goes, piece by piece.
#pragma once

#include <cstddef>
#include <string_view>

namespace muster::server {

class ValueSink {
 public:
  static constexpr std::size_t kMaxPiece = 64 << 10;

  virtual ~ValueSink() = default;
  // Before the first piece: so many bytes will be written.
  virtual void Expect(std::size_t) {}
  // The next 1 to kMaxPiece bytes, good until it returns. What it throws goes to who asked for the
  // value; nothing is written after it.
  virtual void Write(std::string_view piece) = 0;
};

}  // namespace muster::server
