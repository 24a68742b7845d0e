#include "server/execution/input_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <utility>

namespace muster::server {

InputWriter::~InputWriter() { Close(); }

void InputWriter::Start(UniqueFd fd, bool is_terminal) {
  started_ = true;
  is_terminal_ = is_terminal;
  fd_ = std::move(fd);
  ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  if (size_) Resize(*size_);
  Flush();
}

void InputWriter::Write(std::string data) {
  if (pending_.empty()) {
    pending_ = std::move(data);
  } else {
    pending_ += data;
  }
  owes_taken_ = true;
  Flush();
}

void InputWriter::End() {
  ends_ = true;
  Flush();
}

void InputWriter::Resize(const WindowSize& size) {
  size_ = size;
  if (is_terminal_ && fd_.IsOpen()) SetWindowSize(fd_.get(), size);
}

pid_t InputWriter::ForegroundGroup() const {
  return is_terminal_ && fd_.IsOpen() ? server::ForegroundGroup(fd_.get()) : 0;
}

bool InputWriter::IsAllRead() const {
  int unread = 0;
  return pending_.empty() && fd_.IsOpen() && ::ioctl(fd_.get(), FIONREAD, &unread) == 0 &&
         unread == 0;
}

void InputWriter::Close() {
  if (fd_.IsOpen() && std::exchange(watches_, false)) loop_.Unwatch(fd_.get());
  fd_.Reset();
  Forget();
}

void InputWriter::Forget() {
  pending_.clear();
  written_ = 0;
}

// In the middle of a line the character only hands the line on; a second one is the end of file.
std::string InputWriter::EndOfFile() const {
  termios settings{};
  char character = 4;
  if (::tcgetattr(fd_.get(), &settings) == 0) character = static_cast<char>(settings.c_cc[VEOF]);
  return std::string(last_ == '\n' || last_ == '\r' || last_ == character ? 1 : 2, character);
}

void InputWriter::Flush() {
  if (!started_) return;
  while (fd_.IsOpen() && (!pending_.empty() || ends_)) {
    if (pending_.empty()) BeginEnd();
    if (fd_.IsOpen() && !WriteSome()) break;
  }
  WatchForRoom();
  if (!fd_.IsOpen()) Forget();
  if (pending_.empty() && std::exchange(owes_taken_, false)) on_taken_();
}

void InputWriter::BeginEnd() {
  ends_ = false;
  if (is_terminal_) {
    pending_ = EndOfFile();
    is_end_ = true;  // no input
  } else {
    Close();
  }
}

bool InputWriter::WriteSome() {
  const ssize_t written =
      ::write(fd_.get(), pending_.data() + written_, pending_.size() - written_);
  if (written < 0) {
    if (errno == EAGAIN) return false;
    if (errno != EINTR) Close();  // EPIPE, or EIO of a terminal: nobody reads
    return true;
  }
  if (!is_end_) bytes_ += static_cast<std::uint64_t>(written);
  written_ += static_cast<std::size_t>(written);
  last_ = pending_[written_ - 1];
  if (written_ == pending_.size()) {
    is_end_ = false;
    Forget();
  }
  return true;
}

void InputWriter::WatchForRoom() {
  const bool waits = fd_.IsOpen() && !pending_.empty();
  if (waits == watches_ || !fd_.IsOpen()) return;
  watches_ = waits;
  if (waits) {
    loop_.Watch(fd_.get(), EPOLLOUT, [this](std::uint32_t) { Flush(); });
  } else {
    loop_.Unwatch(fd_.get());
  }
}

}  // namespace muster::server
