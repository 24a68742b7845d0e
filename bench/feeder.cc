#include "bench/feeder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

namespace muster::bench {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

bool ReadAll(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::read(fd, data, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool WriteAll(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::send(fd, data, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

[[noreturn]] void Feed(int fd) {
  const std::string piece(kPieceBytes, 'x');
  std::uint64_t bytes = 0;
  while (ReadAll(fd, reinterpret_cast<char*>(&bytes), sizeof bytes)) {
    while (bytes > 0) {
      const std::size_t size = std::min<std::uint64_t>(bytes, kPieceBytes);
      if (!WriteAll(fd, piece.data(), size)) ::_exit(1);
      bytes -= size;
    }
  }
  ::_exit(0);
}

}  // namespace

Feeder Feeder::Start() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) ::abort();
  UniqueFd ours(fds[0]);
  const UniqueFd theirs(fds[1]);
  const pid_t pid = ::fork();
  if (pid < 0) ::abort();
  if (pid == 0) {
    ours.Reset();
    Feed(theirs.get());
  }
  return Feeder(std::move(ours));
}

bool Feeder::Ask(std::uint64_t bytes) {
  return WriteAll(socket_.get(), reinterpret_cast<const char*>(&bytes), sizeof bytes);
}

bool Feeder::Read(char* buffer, std::size_t bytes) { return ReadAll(socket_.get(), buffer, bytes); }

}  // namespace muster::bench
