// LaneMessage: one ExecuteManyRequest in the making. It is written as bytes at once: building the
// messages of protobuf first and serialising them takes longer than all else that a short execution
// costs its client. The daemon reads it with protobuf, and so do the tests. One thread.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>

#include "client/lane_request.h"

namespace muster {

class LaneMessage {
 public:
  void AddRequest(std::uint64_t sequence, const LaneRequest& request);
  void AddCredit(std::uint64_t sequence, std::uint64_t bytes);
  void Acknowledge(std::uint64_t messages);

  bool IsEmpty() const { return bytes_.empty(); }
  const std::string& bytes() const { return bytes_; }
  // As the wire takes it.
  grpc::ByteBuffer Buffer() const;

 private:
  // A field that holds a number, or the beginning of one that holds `value` bytes.
  void Append(int field, int type, std::uint64_t value);

  std::string bytes_;
};

}  // namespace muster
