#include "server/execution/spawn_link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "server/spawner/fd_passing.h"

namespace muster::server {

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

void SpawnLink::Send(SpawnCommand command, std::vector<UniqueFd> fds) {
  unsent_.push_back({command, std::move(fds)});
  Flush();
}

void SpawnLink::Flush() {
  while (!unsent_.empty() && socket_.IsOpen()) {
    std::vector<int> fds;
    for (const UniqueFd& fd : unsent_.front().fds) fds.push_back(fd.get());
    const std::string command(1, static_cast<char>(unsent_.front().command));
    if (!SendFdMessage(socket_.get(), command, fds)) {
      if (errno == EINTR) continue;
      // Full (EAGAIN) or too many descriptors on their way (ETOOMANYREFS): later. Gone: the end
      // tells.
      break;
    }
    unsent_.pop_front();
  }
  loop_.SetEvents(socket_.get(), unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void SpawnLink::HandleEvents(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) Flush();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  const std::optional<FdMessage> message = ReceiveFdMessage(socket_.get());
  if (!message && (errno == EAGAIN || errno == EINTR)) return;
  if (message && !message->bytes.empty()) {
    on_message_(message->bytes);
    return;
  }
  loop_.Unwatch(socket_.get());
  socket_.Reset();
  unsent_.clear();  // the control sockets in it close: those executions learn it that way
  on_end_();        // may end this object: nothing after it
}

}  // namespace muster::server
