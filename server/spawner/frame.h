// Frames: the messages between daemon, supervisor and worker. A frame is a length (u32, little
// endian, of what follows), a type byte and a payload. What a worker sends is not trusted: lengths
// are bounded and every read is checked. Each class belongs to one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace muster::server {

// The largest payload of a frame that a supervisor or worker may send, bytes.
inline constexpr std::size_t kMaxReportBytes = 1u << 20;
// The largest payload that the daemon sends: one source and what goes with it, bytes.
inline constexpr std::size_t kMaxLaunchBytes = 8u << 20;

struct Frame {
  std::uint8_t type = 0;
  std::string payload;
};

std::string EncodeFrame(std::uint8_t type, std::string_view payload);
// What stands before the payload, for who sends a big one without copying it.
std::string EncodeFrameHead(std::uint8_t type, std::size_t payload_bytes);

// Cuts a stream of bytes into frames. Each byte of a payload is copied once, to where it stays.
class FrameDecoder {
 public:
  explicit FrameDecoder(std::size_t max_payload) : max_payload_(max_payload) {}

  void Append(std::string_view bytes);
  // The next whole frame; empty when more bytes are needed or the stream is broken there.
  std::optional<Frame> Next();
  // A length was zero or over the limit: nothing after it can be understood.
  bool IsBroken() const { return broken_; }

 private:
  // Each takes what it needs off the front.
  void TakeLength(std::string_view& bytes);
  void TakeType(std::string_view& bytes);
  void TakePayload(std::string_view& bytes);

  const std::size_t max_payload_;
  std::deque<Frame> whole_;
  std::string length_;       // of the next frame, as far as it is here
  std::size_t missing_ = 0;  // of the next frame, bytes after its length
  bool has_type_ = false;    // the next frame's type is here
  Frame next_;
  bool broken_ = false;
};

// Builds a payload.
class PayloadWriter {
 public:
  PayloadWriter& U8(std::uint8_t value);
  PayloadWriter& U32(std::uint32_t value);
  PayloadWriter& U64(std::uint64_t value);
  PayloadWriter& Bytes(std::string_view value);  // a u32 length before it
  const std::string& payload() const { return payload_; }

 private:
  std::string payload_;
};

// Reads a payload back; after the first read past its end everything is zero or empty and ok()
// false.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) : rest_(payload) {}

  std::uint8_t U8();
  std::uint32_t U32();
  std::uint64_t U64();
  std::string Bytes();
  bool ok() const { return ok_; }
  // Everything was read and nothing was missing.
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  std::string_view Take(std::size_t size);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace muster::server
