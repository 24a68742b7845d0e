#include "server/spawner/frame.h"

#include <cstring>

namespace muster::server {
namespace {

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

std::string EncodeFrame(std::uint8_t type, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 5);
  AppendLittleEndian<std::uint32_t>(frame, static_cast<std::uint32_t>(payload.size() + 1));
  frame.push_back(static_cast<char>(type));
  frame.append(payload);
  return frame;
}

std::optional<Frame> FrameDecoder::Next() {
  if (broken_ || buffer_.size() - start_ < 4) return std::nullopt;
  const std::string_view rest = std::string_view(buffer_).substr(start_);
  const auto length = ReadLittleEndian<std::uint32_t>(rest.substr(0, 4));
  if (length == 0 || length > max_payload_ + 1) {
    broken_ = true;
    return std::nullopt;
  }
  if (rest.size() < 4 + static_cast<std::size_t>(length)) {
    // Keep the buffer from creeping forward for ever.
    buffer_.erase(0, start_);
    start_ = 0;
    return std::nullopt;
  }
  Frame frame{static_cast<std::uint8_t>(rest[4]), std::string(rest.substr(5, length - 1))};
  start_ += 4 + length;
  if (start_ == buffer_.size()) {
    buffer_.clear();
    start_ = 0;
  }
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
