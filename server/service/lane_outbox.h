// LaneOutbox: what a lane says, in messages, each kept until the client has acknowledged it:
//
//   acknowledged (gone) │ written │ being written │ to be written │ still filled
//
// Knows how much there is, and what is too much. Event loop's thread.
#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "muster/v1/node.pb.h"

namespace muster::server {

class LaneOutbox {
 public:
  // An event in the message that is still filled. `bytes`: of its data.
  v1::LaneEvent& Add(std::uint64_t sequence, std::size_t bytes);
  // The same for a long piece of a value, which is not copied. It stands in a message that has
  // nothing else (client/value_message.h reads it).
  void AddValue(std::uint64_t sequence, std::string piece, std::uint64_t value_bytes);

  // Whether there is a message that is not written.
  bool HasMore() const { return written_ < messages_.size(); }
  // Whether it is not worth waiting for more in the next one; and how many events it has.
  bool IsNextComplete() const;
  std::size_t events_in_next() const;
  // The next one, which EndWrite follows.
  grpc::ByteBuffer BeginWrite();
  void EndWrite();

  // False: so many have not been sent.
  bool Acknowledge(std::uint64_t messages);
  // Another call carries on: what the client does not have is written again. False: as Acknowledge.
  bool Rewind(std::uint64_t acknowledged);

  // So much that what runs has to wait.
  bool IsFull() const;
  // More than can come of that: the client does not acknowledge what it gets.
  bool IsOverfull() const;
  // So much that what is said of an execution should be short.
  bool HasMuch() const;

 private:
  struct Message {
    std::unique_ptr<google::protobuf::Arena> arena;
    v1::ExecuteManyEvent* message = nullptr;  // on the arena; null: it is in `slices`
    std::vector<grpc::Slice> slices;
    std::size_t bytes = 0;
  };
  // The last one, if there is room for so much in it, and it is of this sort; else a new one.
  Message& ToFill(bool is_value, std::size_t bytes);
  // A message of values of so many bytes was written.
  void SetScale(std::size_t bytes);

  std::deque<Message> messages_;
  std::size_t written_ = 0;         // of messages_
  bool is_writing_ = false;         // the one behind these
  std::uint64_t acknowledged_ = 0;  // messages before messages_
  std::uint64_t heard_ = 0;         // that the client said it has
  std::size_t bytes_ = 0;           // of all in messages_
  std::size_t unwritten_bytes_ = 0;
  std::chrono::steady_clock::time_point began_;  // to write
  std::size_t scale_ = 1;  // how much larger than the least messages of values may be
};

}  // namespace muster::server
