#include "files/channel.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

namespace muster::files {
namespace {

constexpr std::size_t kHeadBytes = 5;
// What goes out at once, bytes: several messages of the wire, full ones but for the last.
constexpr std::size_t kPieceBytes = kBlockBytes;
constexpr std::size_t kFullBytes = 4 * kPieceBytes;

}  // namespace

bool RecordChannel::Write(RecordType type, std::string_view payload) {
  out_ += Encode(type, payload);
  if (out_.size() < kFullBytes) return true;
  const std::size_t whole = out_.size() / kPieceBytes * kPieceBytes;
  const bool written = channel_.Write(std::string_view(out_).substr(0, whole));
  out_.erase(0, whole);
  return written;
}

bool RecordChannel::Flush() {
  if (out_.empty()) return true;
  const bool written = channel_.Write(out_);
  out_.clear();
  return written;
}

std::optional<Record> RecordChannel::Take() {
  const std::string_view here = std::string_view(in_).substr(at_);
  if (here.size() < kHeadBytes || is_broken_) return std::nullopt;
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(here[1 + static_cast<unsigned>(i)]))
            << (8 * i);
  }
  if (size > kMaxRecordBytes) {
    is_broken_ = true;
    return std::nullopt;
  }
  if (here.size() < kHeadBytes + size) return std::nullopt;
  Record record{static_cast<RecordType>(here[0]), std::string(here.substr(kHeadBytes, size))};
  at_ += kHeadBytes + size;
  if (at_ == in_.size()) {
    in_.clear();
    at_ = 0;
  }
  return record;
}

std::optional<Record> RecordChannel::Read() {
  if (!Flush()) {
    // What it said last may be why it went.
  }
  for (;;) {
    if (auto record = Take()) return record;
    if (is_broken_) return std::nullopt;
    in_.erase(0, at_);
    at_ = 0;
    if (!channel_.Read(in_)) return std::nullopt;
  }
}

std::optional<Record> RecordChannel::ReadIfThere() {
  for (;;) {
    if (auto record = Take()) return record;
    if (is_broken_ || !channel_.HasInput()) return std::nullopt;
    in_.erase(0, at_);
    at_ = 0;
    if (!channel_.Read(in_)) return std::nullopt;
  }
}

bool FdChannel::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(out_, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool FdChannel::Read(std::string& bytes) {
  char buffer[kBlockBytes];
  ssize_t size = 0;
  do {
    size = ::read(in_, buffer, sizeof(buffer));
  } while (size < 0 && errno == EINTR);
  if (size > 0) bytes.append(buffer, static_cast<std::size_t>(size));
  return size > 0;
}

bool FdChannel::HasInput() {
  pollfd waiting{in_, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace muster::files
