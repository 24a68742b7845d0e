// LaneOutbox: what a lane says, in messages, each kept until the client has acknowledged it:
//
//   acknowledged (gone) │ written │ being written │ to be written │ still filled
//
// Knows how much there is, and what is too much. Event loop's thread.
#pragma once

#include <google/protobuf/arena.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "muster/v1/node.pb.h"

namespace muster::server {

class LaneOutbox {
 public:
  // An event in the message that is still filled. `bytes`: of its data.
  v1::LaneEvent& Add(std::uint64_t sequence, std::size_t bytes);

  // Whether there is a message that is not written.
  bool HasMore() const { return written_ < messages_.size(); }
  // Whether the next one is filled no more; and how many events it has.
  bool IsNextClosed() const { return messages_.size() > written_ + 1; }
  std::size_t events_in_next() const;
  // The next one, which stays as it is until EndWrite.
  const v1::ExecuteManyEvent& BeginWrite();
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
    std::unique_ptr<google::protobuf::Arena> arena = std::make_unique<google::protobuf::Arena>();
    v1::ExecuteManyEvent* message =
        google::protobuf::Arena::CreateMessage<v1::ExecuteManyEvent>(arena.get());
    std::size_t bytes = 0;
  };

  std::deque<Message> messages_;
  std::size_t written_ = 0;         // of messages_
  bool is_writing_ = false;         // the one behind these
  std::uint64_t acknowledged_ = 0;  // messages before messages_
  std::uint64_t heard_ = 0;         // that the client said it has
  std::size_t bytes_ = 0;           // of all in messages_
  std::size_t unwritten_bytes_ = 0;
};

}  // namespace muster::server
