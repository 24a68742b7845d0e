#include "server/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "common/address.h"
#include "common/limits.h"
#include "common/unique_fd.h"

namespace muster::server {
namespace {

UniqueFd Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() > kMaxSocketPathBytes) {
    errno = ENAMETOOLONG;
    return UniqueFd();
  }
  ::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.IsOpen() &&
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fd.Reset();
  }
  return fd;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// One read's worth; false at the end of either side. Blocks while the reader does: both directions
// wait then, which HTTP/2's windows keep from becoming a deadlock: neither end sends without
// credit.
bool CopySome(int from, int to) {
  char buffer[65536];
  const ssize_t size = ::read(from, buffer, sizeof(buffer));
  if (size < 0) return errno == EINTR || errno == EAGAIN;
  return size > 0 && WriteAll(to, std::string_view(buffer, static_cast<std::size_t>(size)));
}

}  // namespace

int RunRelay(const std::string& path) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> candidates =
      path.empty() ? DefaultSocketCandidates() : std::vector<std::string>{path};
  UniqueFd socket;
  for (const std::string& candidate : candidates) {
    socket = Connect(candidate);
    if (socket.IsOpen()) break;
    ::fprintf(stderr, "clusterd --relay: cannot connect to unix:%s: %s\n", candidate.c_str(),
              ::strerror(errno));
  }
  if (!socket.IsOpen()) {
    ::fprintf(stderr, "clusterd --relay: is clusterd running on this machine?\n");
    return 1;
  }
  for (;;) {
    pollfd waiting[2] = {{STDIN_FILENO, POLLIN, 0}, {socket.get(), POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0 && errno != EINTR) return 1;
    if (waiting[0].revents != 0 && !CopySome(STDIN_FILENO, socket.get())) return 0;
    if (waiting[1].revents != 0 && !CopySome(socket.get(), STDOUT_FILENO)) return 0;
  }
}

}  // namespace muster::server
