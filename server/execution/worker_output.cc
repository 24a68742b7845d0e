#include "server/execution/worker_output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace muster::server {

WorkerOutput::WorkerOutput(EventLoop& loop, UniqueFd out, UniqueFd err,
                           std::function<void(OutputStream)> on_ready)
    : loop_(loop),
      pipes_{{std::move(out), OutputStream::kStdout, 0},
             {std::move(err), OutputStream::kStderr, 0}},
      on_ready_(std::move(on_ready)) {
  for (Pipe& pipe : pipes_) {
    ::fcntl(pipe.fd.get(), F_SETFL, ::fcntl(pipe.fd.get(), F_GETFL) | O_NONBLOCK);
    Watch(pipe);
  }
}

WorkerOutput::~WorkerOutput() { Pause(); }

void WorkerOutput::Watch(Pipe& pipe) {
  loop_.Watch(pipe.fd.get(), EPOLLIN,
              [this, stream = pipe.stream](std::uint32_t) { on_ready_(stream); });
}

std::string WorkerOutput::Read(OutputStream stream) {
  Pipe& pipe = Of(stream);
  if (!pipe.fd.IsOpen()) return "";
  char* const buffer = loop_.room();
  const ssize_t size = ::read(pipe.fd.get(), buffer, EventLoop::kRoomBytes);
  if (size > 0) {
    pipe.left -= std::min(pipe.left, static_cast<std::size_t>(size));
    return std::string(buffer, static_cast<std::size_t>(size));
  }
  if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
    if (!is_paused_) loop_.Unwatch(pipe.fd.get());
    pipe.fd.Reset();
  }
  return "";
}

void WorkerOutput::Mark() {
  for (Pipe& pipe : pipes_) {
    int waiting = 0;
    const bool is_known = pipe.fd.IsOpen() && ::ioctl(pipe.fd.get(), FIONREAD, &waiting) == 0;
    pipe.left = is_known && waiting > 0 ? static_cast<std::size_t>(waiting) : 0;
  }
}

bool WorkerOutput::IsReadToMark(OutputStream stream) const {
  return pipes_[stream == OutputStream::kStdout ? 0 : 1].left == 0;
}

void WorkerOutput::Pause() {
  if (is_paused_) return;
  is_paused_ = true;
  for (Pipe& pipe : pipes_) {
    if (pipe.fd.IsOpen()) loop_.Unwatch(pipe.fd.get());
  }
}

void WorkerOutput::Resume() {
  if (!is_paused_) return;
  is_paused_ = false;
  for (Pipe& pipe : pipes_) {
    if (pipe.fd.IsOpen()) Watch(pipe);
  }
}

}  // namespace muster::server
