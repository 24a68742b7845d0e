#include "server/execution/supervisor_link.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace muster::server {
namespace {
constexpr std::size_t kMostUnsentSignals = 64u << 10;  // bytes
}  // namespace

SupervisorLink::SupervisorLink(EventLoop& loop, UniqueFd fd,
                               std::function<void(const Frame&)> on_frame,
                               std::function<void()> on_end)
    : loop_(loop), fd_(std::move(fd)), on_frame_(std::move(on_frame)), on_end_(std::move(on_end)) {
  loop_.Watch(fd_.get(), EPOLLIN, [this](std::uint32_t events) { HandleEvents(events); });
}

SupervisorLink::~SupervisorLink() { Close(); }

void SupervisorLink::Send(FrameType type, std::string_view payload) {
  if (!fd_.IsOpen()) return;
  // Who sends signals faster than they can be delivered sends the same one again and again.
  if (type == FrameType::kSignal && unsent_.size() > kMostUnsentSignals) return;
  unsent_ += EncodeFrame(static_cast<std::uint8_t>(type), payload);
  Flush();
}

void SupervisorLink::Flush() {
  while (!unsent_.empty()) {
    const ssize_t sent =
        ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) break;  // full, or gone: then the end of file tells
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  loop_.SetEvents(fd_.get(), unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void SupervisorLink::HandleEvents(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) Flush();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  char buffer[16384];
  const ssize_t size = ::recv(fd_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size > 0) decoder_.Append(std::string_view(buffer, static_cast<std::size_t>(size)));
  while (const std::optional<Frame> frame = decoder_.Next()) on_frame_(*frame);
  if (size <= 0 || decoder_.IsBroken()) {
    Close();
    on_end_();
  }
}

void SupervisorLink::Close() {
  if (!fd_.IsOpen()) return;
  loop_.Unwatch(fd_.get());
  fd_.Reset();
}

}  // namespace muster::server
