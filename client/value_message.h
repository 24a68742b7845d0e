// ValueMessage: a message of a fast lane that holds pieces of values and nothing else. They are
// read where they lie in what came over the wire, for protobuf would copy each twice. One thread.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace muster {

class ValueMessage {
 public:
  // So long are messages that are worth a look.
  static constexpr std::size_t kMinBytes = 16u << 10;

  struct Piece {
    std::uint64_t sequence = 0;     // of the request that it belongs to
    std::uint64_t value_bytes = 0;  // that all of the value has, as the node says; 0: not known
    std::size_t offset = 0;         // in the message
    std::size_t size = 0;
  };

  // False: it holds something else, or nothing that can be understood; it can be read in another
  // way.
  bool Read(const grpc::ByteBuffer& message);
  const std::vector<Piece>& pieces() const { return pieces_; }
  // The bytes of each piece after the other, as they lie, in parts of any length. The number is the
  // piece's.
  void Take(const std::function<void(std::size_t number, std::string_view bytes)>& take) const;
  // Nothing of the message is needed any more.
  void Clear();

 private:
  bool ReadPieces(int length);

  grpc::ByteBuffer message_;
  std::vector<Piece> pieces_;
};

}  // namespace muster
