#include "client/value_message.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <limits>
#include <optional>

#include "muster/v1/node.pb.h"

namespace muster {
namespace {

using google::protobuf::io::CodedInputStream;

// Of the encoding of protobuf.
constexpr std::uint32_t Tag(int field, int type) {
  return static_cast<std::uint32_t>(field) << 3 | static_cast<std::uint32_t>(type);
}
constexpr std::uint32_t kEvent = Tag(v1::ExecuteManyEvent::kEventsFieldNumber, 2);
constexpr std::uint32_t kSequence = Tag(v1::LaneEvent::kSequenceFieldNumber, 0);
constexpr std::uint32_t kValueBytes = Tag(v1::LaneEvent::kValueBytesFieldNumber, 0);
constexpr std::uint32_t kValue = Tag(v1::LaneEvent::kValueFieldNumber, 2);

// An event whose last field is a piece of a value; empty: it is something else.
std::optional<ValueMessage::Piece> ReadPiece(CodedInputStream& in, int left) {
  ValueMessage::Piece piece;
  std::uint32_t event_bytes = 0;
  if (in.ReadTag() != kEvent || !in.ReadVarint32(&event_bytes)) return std::nullopt;
  const int begin = in.CurrentPosition();
  if (event_bytes > static_cast<std::uint32_t>(left)) return std::nullopt;
  for (;;) {
    const std::uint32_t tag = in.ReadTag();
    if (tag == kSequence && in.ReadVarint64(&piece.sequence)) continue;
    if (tag == kValueBytes && in.ReadVarint64(&piece.value_bytes)) continue;
    std::uint32_t size = 0;
    if (tag != kValue || !in.ReadVarint32(&size)) return std::nullopt;
    const int offset = in.CurrentPosition();
    if (size > static_cast<std::uint32_t>(left) ||
        static_cast<std::uint32_t>(offset - begin) + size != event_bytes ||
        !in.Skip(static_cast<int>(size))) {
      return std::nullopt;
    }
    piece.offset = static_cast<std::size_t>(offset);
    piece.size = size;
    return piece;
  }
}

}  // namespace

bool ValueMessage::Read(const grpc::ByteBuffer& message) {
  Clear();
  const std::size_t length = message.Length();
  if (length < kMinBytes || length > std::numeric_limits<int>::max()) return false;
  message_ = message;
  // What reads it looks at it once more when it goes.
  const bool is_read = ReadPieces(static_cast<int>(length));
  if (!is_read) Clear();
  return is_read;
}

bool ValueMessage::ReadPieces(int length) {
  grpc::ProtoBufferReader reader(&message_);
  if (!reader.status().ok()) return false;
  CodedInputStream in(&reader);
  for (int left = length; left > 0; left = length - in.CurrentPosition()) {
    const std::optional<Piece> piece = ReadPiece(in, left);
    if (!piece) return false;
    pieces_.push_back(*piece);
  }
  return true;
}

void ValueMessage::Take(
    const std::function<void(std::size_t number, std::string_view bytes)>& take) const {
  grpc::ByteBuffer message = message_;
  grpc::ProtoBufferReader reader(&message);
  std::size_t at = 0;  // in the message, of the part that is read
  std::size_t number = 0;
  const void* data = nullptr;
  int size = 0;
  while (number < pieces_.size() && reader.Next(&data, &size)) {
    const std::string_view part(static_cast<const char*>(data), static_cast<std::size_t>(size));
    while (number < pieces_.size() && pieces_[number].offset < at + part.size()) {
      const Piece& piece = pieces_[number];
      const std::size_t begin = piece.offset > at ? piece.offset - at : 0;
      const std::size_t end = piece.offset + piece.size - at;
      if (end > begin) take(number, part.substr(begin, end - begin));
      if (end > part.size()) break;
      ++number;
    }
    at += part.size();
  }
}

void ValueMessage::Clear() {
  message_.Clear();
  pieces_ = {};  // a node may have sent millions
}

}  // namespace muster
