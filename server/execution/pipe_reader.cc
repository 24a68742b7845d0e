#include "server/execution/pipe_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace muster::server {

PipeReader::PipeReader(EventLoop& loop, UniqueFd fd, std::function<void(std::string_view)> on_data,
                       std::function<void()> on_end)
    : loop_(loop), fd_(std::move(fd)), on_data_(std::move(on_data)), on_end_(std::move(on_end)) {
  ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  loop_.Watch(fd_.get(), EPOLLIN, [this](std::uint32_t) { Read(); });
}

PipeReader::~PipeReader() {
  if (fd_.IsOpen() && !paused_) loop_.Unwatch(fd_.get());
}

// Unwatched, not watched for nothing: epoll reports a hang-up whether it was asked for or not.
void PipeReader::Pause() {
  if (paused_ || AtEnd()) return;
  paused_ = true;
  loop_.Unwatch(fd_.get());
}

void PipeReader::Resume() {
  if (!paused_ || AtEnd()) return;
  paused_ = false;
  loop_.Watch(fd_.get(), EPOLLIN, [this](std::uint32_t) { Read(); });
}

std::uint64_t PipeReader::Waiting() const {
  int waiting = 0;
  return ::ioctl(fd_.get(), FIONREAD, &waiting) == 0 ? static_cast<std::uint64_t>(waiting) : 0;
}

void PipeReader::Read() {
  // Who keeps it copies it out, in its true size: a thousand waiting pieces of one byte must not
  // hold 64 MiB.
  char* const buffer = loop_.room();
  const ssize_t size = ::read(fd_.get(), buffer, EventLoop::kRoomBytes);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size > 0) {
    bytes_ += static_cast<std::uint64_t>(size);
    on_data_(std::string_view(buffer, static_cast<std::size_t>(size)));
    return;
  }
  loop_.Unwatch(fd_.get());
  fd_.Reset();
  on_end_();
}

}  // namespace muster::server
