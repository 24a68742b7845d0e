#include "server/service/lane_outbox.h"

#include <algorithm>

namespace muster::server {
namespace {

// What is kept for a client that does not acknowledge, before what it runs waits. Outcomes still
// come then, of what had begun or is refused: who lets twice as much come together is cut off.
constexpr std::size_t kMaxMessages = 4096;
constexpr std::size_t kMaxBytes = 16u << 20;
// Above this outcomes are kept short, so that those that still come do not break the bound.
constexpr std::size_t kManyBytes = 8u << 20;
// A message is closed when it is so large; and what has not been written makes its executions wait.
constexpr std::size_t kMaxOneMessage = 256 << 10;
constexpr std::size_t kMaxWaitingBytes = 512 << 10;
// What an event takes beside its data.
constexpr std::size_t kEventBytes = 128;

}  // namespace

v1::LaneEvent& LaneOutbox::Add(std::uint64_t sequence, std::size_t bytes) {
  const bool none_is_open = messages_.size() <= written_ + (is_writing_ ? 1 : 0);
  if (none_is_open || messages_.back().bytes + bytes > kMaxOneMessage) messages_.emplace_back();
  messages_.back().bytes += bytes + kEventBytes;
  bytes_ += bytes + kEventBytes;
  unwritten_bytes_ += bytes + kEventBytes;
  v1::LaneEvent& event = *messages_.back().message->add_events();
  event.set_sequence(sequence);
  return event;
}

std::size_t LaneOutbox::events_in_next() const {
  return static_cast<std::size_t>(messages_[written_].message->events_size());
}

const v1::ExecuteManyEvent& LaneOutbox::BeginWrite() {
  is_writing_ = true;
  return *messages_[written_].message;
}

void LaneOutbox::EndWrite() {
  if (!is_writing_) return;
  is_writing_ = false;
  unwritten_bytes_ -= messages_[written_].bytes;
  ++written_;
  Acknowledge(heard_);
}

bool LaneOutbox::Acknowledge(std::uint64_t messages) {
  // The client may have the last one before gRPC has told that it is written.
  if (messages > acknowledged_ + written_ + (is_writing_ ? 1 : 0)) return false;
  heard_ = std::max(heard_, messages);
  while (acknowledged_ < heard_ && written_ > 0) {
    bytes_ -= messages_.front().bytes;
    messages_.pop_front();
    ++acknowledged_;
    --written_;
  }
  return true;
}

bool LaneOutbox::Rewind(std::uint64_t acknowledged) {
  // What was being written may have arrived or not: the client knows.
  is_writing_ = false;
  written_ = messages_.size();
  const bool is_right = Acknowledge(acknowledged);
  written_ = 0;
  unwritten_bytes_ = bytes_;
  return is_right;
}

bool LaneOutbox::IsFull() const {
  return unwritten_bytes_ >= kMaxWaitingBytes || bytes_ >= kMaxBytes ||
         messages_.size() >= kMaxMessages;
}

bool LaneOutbox::IsOverfull() const {
  return messages_.size() > 2 * kMaxMessages || bytes_ > 2 * kMaxBytes;
}

bool LaneOutbox::HasMuch() const { return bytes_ >= kManyBytes; }

}  // namespace muster::server
