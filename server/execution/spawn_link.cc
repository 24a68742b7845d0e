#include "server/execution/spawn_link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "common/fault.h"
#include "server/spawner/fd_passing.h"

namespace muster::server {
namespace {

// Whoever ended with something unread in its socket leaves an error here, before what it said.
std::optional<FdMessage> Receive(int socket) {
  std::optional<FdMessage> message = ReceiveFdMessage(socket);
  if (!message && errno == ECONNRESET) message = ReceiveFdMessage(socket);
  return message;
}

}  // namespace

SpawnLink::SpawnLink(EventLoop& loop, UniqueFd socket,
                     std::function<void(const std::string&)> on_message,
                     std::function<void()> on_end)
    : loop_(loop),
      socket_(std::move(socket)),
      on_message_(std::move(on_message)),
      on_end_(std::move(on_end)) {
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
  loop_.Watch(socket_.get(), EPOLLIN, [this](std::uint32_t events) { HandleEvents(events); });
}

SpawnLink::~SpawnLink() {
  if (socket_.IsOpen()) loop_.Unwatch(socket_.get());
}

bool SpawnLink::Send(SpawnCommand command, const std::string& payload, std::vector<UniqueFd>& fds) {
  if (!socket_.IsOpen()) return false;
  unsent_.push_back({static_cast<char>(command) + payload, std::move(fds)});
  if (Flush()) return true;
  fds = std::move(unsent_.back().fds);
  unsent_.pop_back();
  ReadLastWords();
  return false;
}

// False when the other end is gone.
bool SpawnLink::Flush() {
  bool alive = true;
  while (!unsent_.empty() && alive) {
    std::vector<int> fds;
    for (const UniqueFd& fd : unsent_.front().fds) fds.push_back(fd.get());
    errno = EPIPE;
    if (!FaultAt("spawn") && SendFdMessage(socket_.get(), unsent_.front().bytes, fds)) {
      unsent_.pop_front();
    } else if (errno == EPIPE || errno == ECONNRESET) {
      alive = false;
    } else if (errno != EINTR) {
      break;  // full (EAGAIN), or too many descriptors on their way (ETOOMANYREFS): later
    }
  }
  loop_.SetEvents(socket_.get(), unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  return alive;
}

void SpawnLink::ReadLastWords() {
  for (;;) {
    const std::optional<FdMessage> message = Receive(socket_.get());
    if (!message || message->bytes.empty()) return;
    on_message_(message->bytes);
  }
}

void SpawnLink::HandleEvents(std::uint32_t events) {
  if (is_disowned_) {
    loop_.Unwatch(socket_.get());
    socket_.Reset();
    return;
  }
  if ((events & EPOLLOUT) != 0) Flush();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  const std::optional<FdMessage> message = Receive(socket_.get());
  if (!message && (errno == EAGAIN || errno == EINTR)) return;
  if (message && !message->bytes.empty()) {
    on_message_(message->bytes);
    return;
  }
  loop_.Unwatch(socket_.get());
  socket_.Reset();
  // May end this object: nothing after it. The control sockets in what is unsent close with it:
  // those executions learn it that way.
  on_end_();
}

}  // namespace muster::server
