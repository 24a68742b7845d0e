#include "server/spawner/frame.h"

#include <algorithm>
#include <utility>

namespace muster::server {
namespace {

constexpr std::size_t kLengthBytes = 4;

template <typename T>
void AppendLittleEndian(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
  }
}

template <typename T>
T ReadLittleEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return static_cast<T>(value);
}

}  // namespace

std::string EncodeFrameHead(std::uint8_t type, std::size_t payload_bytes) {
  std::string head;
  AppendLittleEndian<std::uint32_t>(head, static_cast<std::uint32_t>(payload_bytes + 1));
  head.push_back(static_cast<char>(type));
  return head;
}

std::string EncodeFrame(std::uint8_t type, std::string_view payload) {
  std::string frame;
  frame.reserve(kLengthBytes + 1 + payload.size());
  frame.append(EncodeFrameHead(type, payload.size()));
  frame.append(payload);
  return frame;
}

void FrameDecoder::Append(std::string_view bytes) {
  while (!broken_ && !bytes.empty()) {
    if (length_.size() < kLengthBytes) {
      TakeLength(bytes);
    } else if (!has_type_) {
      TakeType(bytes);
    } else {
      TakePayload(bytes);
    }
    if (has_type_ && missing_ == 0) {
      whole_.push_back(std::exchange(next_, {}));
      length_.clear();
      has_type_ = false;
    }
  }
}

void FrameDecoder::TakeLength(std::string_view& bytes) {
  const std::size_t size = std::min(bytes.size(), kLengthBytes - length_.size());
  length_.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  if (length_.size() < kLengthBytes) return;
  missing_ = ReadLittleEndian<std::uint32_t>(length_);
  broken_ = missing_ == 0 || missing_ > max_payload_ + 1;
}

void FrameDecoder::TakeType(std::string_view& bytes) {
  next_.type = static_cast<std::uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  has_type_ = true;
  --missing_;
  next_.payload.reserve(missing_);
}

void FrameDecoder::TakePayload(std::string_view& bytes) {
  const std::size_t size = std::min(bytes.size(), missing_);
  next_.payload.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  missing_ -= size;
}

std::optional<Frame> FrameDecoder::Next() {
  if (whole_.empty()) return std::nullopt;
  std::optional<Frame> frame(std::move(whole_.front()));
  whole_.pop_front();
  return frame;
}

PayloadWriter& PayloadWriter::U8(std::uint8_t value) {
  payload_.push_back(static_cast<char>(value));
  return *this;
}
PayloadWriter& PayloadWriter::U32(std::uint32_t value) {
  AppendLittleEndian(payload_, value);
  return *this;
}
PayloadWriter& PayloadWriter::U64(std::uint64_t value) {
  AppendLittleEndian(payload_, value);
  return *this;
}
PayloadWriter& PayloadWriter::Bytes(std::string_view value) {
  U32(static_cast<std::uint32_t>(value.size()));
  payload_.append(value);
  return *this;
}

std::string_view PayloadReader::Take(std::size_t size) {
  if (!ok_ || rest_.size() < size) {
    ok_ = false;
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint8_t PayloadReader::U8() { return ReadLittleEndian<std::uint8_t>(Take(1)); }
std::uint32_t PayloadReader::U32() { return ReadLittleEndian<std::uint32_t>(Take(4)); }
std::uint64_t PayloadReader::U64() { return ReadLittleEndian<std::uint64_t>(Take(8)); }
std::string PayloadReader::Bytes() {
  const std::uint32_t size = U32();
  return std::string(Take(size));
}

}  // namespace muster::server
