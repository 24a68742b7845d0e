// RawHttp2: a connection to a daemon on which a test writes the bytes of HTTP/2 itself, right or
// wrong. Frames and headers are made by hand (RFC 7540, RFC 7541 without Huffman codes and without
// the dynamic table). One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/unique_fd.h"

namespace muster::test::http2 {

using Headers = std::vector<std::pair<std::string, std::string>>;

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
inline constexpr std::uint8_t kEndStream = 1;
inline constexpr std::uint8_t kAck = 1;
inline constexpr std::uint8_t kEndHeaders = 4;
inline constexpr std::uint8_t kPadded = 8;
inline constexpr std::uint8_t kHasPriority = 32;

extern const std::string kPreface;

// Big-endian.
std::string Number(std::uint64_t value, int bytes);
std::string Frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  const std::string& payload);
// With any length in its head, whatever follows.
std::string FrameHead(std::uint32_t length, std::uint8_t type, std::uint8_t flags,
                      std::uint32_t stream);
// An HPACK integer, and literals that are not indexed.
std::string Integer(std::uint64_t value, int prefix_bits, std::uint8_t first_bits);
std::string Encode(const Headers& headers);
// What a gRPC call of this method sends.
Headers CallHeaders(const std::string& method = "/muster.v1.Node/Describe");
// HEADERS and DATA of one empty call.
std::string Call(std::uint32_t stream, const std::string& method = "/muster.v1.Node/Describe");
// Of `count` calls from this stream on, each reset as soon as it is there.
std::string ResetCalls(std::uint32_t stream, int count);
// Length-prefixed, as gRPC wants it.
std::string Message(const std::string& bytes, bool is_compressed = false);
// Preface and SETTINGS.
std::string Greeting();

struct Got {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
};

// Whether a new connection is made and gets a Describe answered within `time`.
bool IsServed(const std::string& path, std::chrono::milliseconds time);

class Connection {
 public:
  explicit Connection(const std::string& path);

  bool IsOpen() const { return socket_.IsOpen(); }
  int fd() const { return socket_.get(); }
  void Close() { socket_.Reset(); }
  // False when the other end has closed, or takes nothing for `time`.
  bool Send(const std::string& bytes, std::chrono::milliseconds time = std::chrono::seconds(10));
  // The greeting of both ends. Only then do the daemon's SETTINGS count for gRPC, which it
  // acknowledges here.
  bool Greet();
  // Until the other end closes; false when it did not within `time`. What came is in received().
  bool WaitForEnd(std::chrono::milliseconds time);
  // Takes what is there. False at the end of the file.
  bool Drain();
  // Until `text` has come.
  bool WaitFor(const std::string& text, std::chrono::milliseconds time);
  const std::string& received() const { return received_; }
  std::vector<Got> Frames() const;
  // How many bytes of DATA the daemon takes on this stream now, as its frames so far say.
  std::int64_t Window(std::uint32_t stream, std::int64_t sent, std::int64_t sent_in_all) const;

 private:
  // The question is asked with whether the other end has closed.
  bool ReadUntil(const std::function<bool(bool)>& is_enough, std::chrono::milliseconds time);

  UniqueFd socket_;
  std::string received_;
};

}  // namespace muster::test::http2
