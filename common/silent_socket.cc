#include "common/silent_socket.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace muster {
namespace {
constexpr std::chrono::seconds kSilence{12};
}  // namespace

bool SilentSocket::Look(int socket) {
  pollfd look{socket, POLLOUT, 0};
  int unread = 0;
  if (::poll(&look, 1, 0) < 0 || (look.revents & (POLLHUP | POLLERR)) != 0) return false;
  if (::ioctl(socket, SIOCOUTQ, &unread) != 0) return false;
  const auto now = std::chrono::steady_clock::now();
  if (unread != unread_ || (look.revents & POLLOUT) != 0) {
    unread_ = unread;
    moved_ = now;
  }
  if (now - moved_ < kSilence) return true;
  ::shutdown(socket, SHUT_RDWR);
  return false;
}

}  // namespace muster
