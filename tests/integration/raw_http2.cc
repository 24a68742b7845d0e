#include "tests/integration/raw_http2.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>

namespace muster::test::http2 {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string FrameHead(std::uint32_t length, std::uint8_t type, std::uint8_t flags,
                      std::uint32_t stream) {
  return Number(length, 3) + Number(type, 1) + Number(flags, 1) + Number(stream, 4);
}

std::string Frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  const std::string& payload) {
  return FrameHead(static_cast<std::uint32_t>(payload.size()), type, flags, stream) + payload;
}

std::string Integer(std::uint64_t value, int prefix_bits, std::uint8_t first_bits) {
  const std::uint64_t most = (1u << prefix_bits) - 1;
  if (value < most) return {static_cast<char>(first_bits | value)};
  std::string text{static_cast<char>(first_bits | most)};
  for (value -= most; value >= 128; value >>= 7) text += static_cast<char>((value & 127) | 128);
  return text + static_cast<char>(value);
}

std::string Encode(const Headers& headers) {
  std::string text;
  for (const auto& [name, value] : headers) {
    text += '\0' + Integer(name.size(), 7, 0) + name + Integer(value.size(), 7, 0) + value;
  }
  return text;
}

Headers CallHeaders(const std::string& method) {
  return {{":method", "POST"},        {":scheme", "http"}, {":path", method},
          {":authority", "clusterd"}, {"te", "trailers"},  {"content-type", "application/grpc"},
          {"user-agent", "muster"}};
}

std::string Message(const std::string& bytes, bool is_compressed) {
  return Number(is_compressed ? 1 : 0, 1) + Number(bytes.size(), 4) + bytes;
}

std::string Call(std::uint32_t stream, const std::string& method) {
  return Frame(kHeaders, kEndHeaders, stream, Encode(CallHeaders(method))) +
         Frame(kData, kEndStream, stream, Message(""));
}

std::string ResetCalls(std::uint32_t stream, int count) {
  std::string text;
  for (int i = 0; i < count; ++i, stream += 2) {
    text += Frame(kHeaders, kEndHeaders, stream, Encode(CallHeaders())) +
            Frame(kReset, 0, stream, Number(8, 4));
  }
  return text;
}

std::string Greeting() { return kPreface + Frame(kSettings, 0, 0, ""); }

bool IsServed(const std::string& path, std::chrono::milliseconds time) {
  Connection connection(path);
  return connection.IsOpen() && connection.Send(Greeting() + Call(1)) &&
         connection.WaitFor(
             "grpc-status\x01"
             "0",
             time);
}

Connection::Connection(const std::string& path)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const auto end = Clock::now() + std::chrono::seconds(10);
  while (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
         0) {
    // EAGAIN: the backlog is full.
    if (errno != EAGAIN || Clock::now() > end) {
      socket_.Reset();
      return;
    }
    ::poll(nullptr, 0, 1);
  }
}

bool Connection::Send(const std::string& bytes, std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t size =
        ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size > 0) {
      sent += static_cast<std::size_t>(size);
      continue;
    }
    if (errno != EAGAIN) return false;
    // What the daemon answers has to go somewhere.
    if (!Drain() || Clock::now() > end) return false;
    pollfd ready{socket_.get(), POLLOUT | POLLIN, 0};
    ::poll(&ready, 1, 100);
  }
  return true;
}

bool Connection::Drain() {
  char buffer[1 << 16];
  for (;;) {
    const ssize_t size = ::recv(socket_.get(), buffer, sizeof(buffer), 0);
    if (size > 0) {
      // Enough for any test; floods answer with more.
      if (received_.size() < (4u << 20)) received_.append(buffer, static_cast<std::size_t>(size));
      continue;
    }
    return size < 0 && errno == EAGAIN;
  }
}

bool Connection::ReadUntil(const std::function<bool(bool)>& is_enough, milliseconds time) {
  const auto end = Clock::now() + time;
  for (;;) {
    const bool is_open = Drain();
    if (is_enough(!is_open)) return true;
    if (!is_open || Clock::now() >= end) return false;
    pollfd ready{socket_.get(), POLLIN, 0};
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    ::poll(&ready, 1, static_cast<int>(left.count()));
  }
}

bool Connection::Greet() {
  const auto has_settings = [this](bool) { return !Frames().empty(); };
  return Send(Greeting()) && ReadUntil(has_settings, std::chrono::seconds(10)) &&
         Send(Frame(kSettings, kAck, 0, ""));
}

bool Connection::WaitForEnd(milliseconds time) {
  return ReadUntil([](bool is_over) { return is_over; }, time);
}

bool Connection::WaitFor(const std::string& text, milliseconds time) {
  return ReadUntil([&](bool) { return received_.find(text) != std::string::npos; }, time);
}

std::vector<Got> Connection::Frames() const {
  std::vector<Got> frames;
  const auto byte = [this](std::size_t at) { return static_cast<std::uint8_t>(received_[at]); };
  for (std::size_t at = 0; at + 9 <= received_.size();) {
    const std::size_t length = (byte(at) << 16u) + (byte(at + 1) << 8u) + byte(at + 2);
    if (at + 9 + length > received_.size()) break;
    const std::uint32_t stream = ((byte(at + 5) & 127u) << 24u) + (byte(at + 6) << 16u) +
                                 (byte(at + 7) << 8u) + byte(at + 8);
    frames.push_back({byte(at + 3), byte(at + 4), stream, received_.substr(at + 9, length)});
    at += 9 + length;
  }
  return frames;
}

std::int64_t Connection::Window(std::uint32_t stream, std::int64_t sent,
                                std::int64_t sent_in_all) const {
  const auto number = [](const std::string& text, std::size_t at) {
    std::int64_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      value = value * 256 + static_cast<std::uint8_t>(text[i]);
    }
    return value;
  };
  std::int64_t of_stream = 65535;  // RFC 7540, 6.9.2
  std::int64_t of_all = 65535;
  std::int64_t updates = 0;
  for (const Got& got : Frames()) {
    if (got.type == kWindowUpdate && got.payload.size() == 4) {
      if (got.stream == 0) of_all += number(got.payload, 0);
      if (got.stream == stream) updates += number(got.payload, 0);
    }
    for (std::size_t at = 0; got.type == kSettings && at + 6 <= got.payload.size(); at += 6) {
      if (got.payload.compare(at, 2, std::string("\0\4", 2)) == 0) {
        of_stream = number(got.payload, at + 2);
      }
    }
  }
  return std::min(of_stream + updates - sent, of_all - sent_in_all);
}

}  // namespace muster::test::http2
