#include "server/service/lane_outbox.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <utility>

namespace muster::server {
namespace {

// What is kept for a client that does not acknowledge, before what it runs waits. Outcomes still
// come then, of what had begun or is refused: who lets twice as much come together is cut off.
constexpr std::size_t kMaxMessages = 4096;
constexpr std::size_t kMaxBytes = 16u << 20;
// Above this outcomes are kept short, so that those that still come do not break the bound.
constexpr std::size_t kManyBytes = 8u << 20;
// A message is closed when it is so large; and what has not been written makes its executions wait:
// so much can be before whoever says something next.
constexpr std::size_t kMaxOneMessage = 256 << 10;
constexpr std::size_t kMaxWaitingBytes = 768 << 10;
// A way that takes a message of values so quickly gets larger ones, and more of them: each costs
// both ends some wake-ups. One that is slow gets small ones again, for what others say waits behind
// them.
constexpr std::chrono::milliseconds kQuick(8);
constexpr std::chrono::milliseconds kSlow(32);
constexpr std::size_t kMaxScale = 4;
// What an event takes beside its data.
constexpr std::size_t kEventBytes = 128;
// The largest head of a field of protobuf.
constexpr std::size_t kMaxFieldHead = 16;

using google::protobuf::io::CodedOutputStream;

std::uint8_t* WriteField(int field, int type, std::uint64_t value, std::uint8_t* to) {
  to = CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(field << 3 | type), to);
  return CodedOutputStream::WriteVarint64ToArray(value, to);
}

// What stands before a piece of a value in a message, so that both are an event of it.
grpc::Slice HeadOf(std::uint64_t sequence, std::size_t piece, std::uint64_t value_bytes) {
  constexpr int kNumber = 0;
  constexpr int kBytes = 2;
  std::uint8_t inner[3 * kMaxFieldHead];
  std::uint8_t* end = WriteField(v1::LaneEvent::kSequenceFieldNumber, kNumber, sequence, inner);
  if (value_bytes > 0) {
    end = WriteField(v1::LaneEvent::kValueBytesFieldNumber, kNumber, value_bytes, end);
  }
  end = WriteField(v1::LaneEvent::kValueFieldNumber, kBytes, piece, end);
  const auto size = static_cast<std::size_t>(end - inner);
  std::uint8_t outer[sizeof(inner) + kMaxFieldHead];
  end = WriteField(v1::ExecuteManyEvent::kEventsFieldNumber, kBytes, size + piece, outer);
  end = std::copy_n(inner, size, end);
  return {outer, static_cast<std::size_t>(end - outer)};
}

grpc::ByteBuffer ToBuffer(const v1::ExecuteManyEvent& message) {
  grpc::ByteBuffer buffer;
  bool is_owned = false;
  grpc::GenericSerialize<grpc::ProtoBufferWriter, v1::ExecuteManyEvent>(message, &buffer,
                                                                        &is_owned);
  return buffer;
}

}  // namespace

LaneOutbox::Message& LaneOutbox::ToFill(bool is_value, std::size_t bytes) {
  const bool none_is_open = messages_.size() <= written_ + (is_writing_ ? 1 : 0);
  const std::size_t most = is_value ? scale_ * kMaxOneMessage : kMaxOneMessage;
  if (none_is_open || messages_.back().bytes + bytes > most ||
      is_value != (messages_.back().message == nullptr)) {
    messages_.emplace_back();
  }
  Message& message = messages_.back();
  message.bytes += bytes + kEventBytes;
  bytes_ += bytes + kEventBytes;
  unwritten_bytes_ += bytes + kEventBytes;
  return message;
}

v1::LaneEvent& LaneOutbox::Add(std::uint64_t sequence, std::size_t bytes) {
  Message& message = ToFill(false, bytes);
  if (message.message == nullptr) {
    message.arena = std::make_unique<google::protobuf::Arena>();
    message.message =
        google::protobuf::Arena::CreateMessage<v1::ExecuteManyEvent>(message.arena.get());
  }
  v1::LaneEvent& event = *message.message->add_events();
  event.set_sequence(sequence);
  return event;
}

void LaneOutbox::AddValue(std::uint64_t sequence, std::string piece, std::uint64_t value_bytes) {
  Message& message = ToFill(true, piece.size());
  message.slices.push_back(HeadOf(sequence, piece.size(), value_bytes));
  auto* const owned = new std::string(std::move(piece));
  message.slices.emplace_back(
      owned->data(), owned->size(), [](void* data) { delete static_cast<std::string*>(data); },
      owned);
}

bool LaneOutbox::IsNextComplete() const {
  return messages_.size() > written_ + 1 || messages_[written_].message == nullptr;
}

std::size_t LaneOutbox::events_in_next() const {
  const v1::ExecuteManyEvent* const message = messages_[written_].message;
  return message == nullptr ? 0 : static_cast<std::size_t>(message->events_size());
}

grpc::ByteBuffer LaneOutbox::BeginWrite() {
  is_writing_ = true;
  began_ = std::chrono::steady_clock::now();
  const Message& next = messages_[written_];
  return next.message == nullptr ? grpc::ByteBuffer(next.slices.data(), next.slices.size())
                                 : ToBuffer(*next.message);
}

void LaneOutbox::EndWrite() {
  if (!is_writing_) return;
  is_writing_ = false;
  const Message& written = messages_[written_];
  if (written.message == nullptr) SetScale(written.bytes);
  unwritten_bytes_ -= written.bytes;
  ++written_;
  Acknowledge(heard_);
}

void LaneOutbox::SetScale(std::size_t bytes) {
  const auto took = std::chrono::steady_clock::now() - began_;
  if (took > kSlow) {
    scale_ = 1;
  } else if (took < kQuick && bytes > scale_ * kMaxOneMessage / 2) {
    scale_ = std::min(kMaxScale, 2 * scale_);
  }
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
  return unwritten_bytes_ >= scale_ * kMaxWaitingBytes || bytes_ >= kMaxBytes ||
         messages_.size() >= kMaxMessages;
}

bool LaneOutbox::IsOverfull() const {
  return messages_.size() > 2 * kMaxMessages || bytes_ > 2 * kMaxBytes;
}

bool LaneOutbox::HasMuch() const { return bytes_ >= kManyBytes; }

}  // namespace muster::server
