#include "shell/line_source.h"

#include <absl/strings/match.h>
#include <absl/strings/string_view.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <array>

#include "shell/input_source.h"

namespace muster::clustershell {

std::optional<std::string> GivenLines::Next() {
  if (next_ == lines_.size()) return std::nullopt;
  return lines_[next_++];
}

std::optional<std::string> ScriptLines::Next() {
  std::size_t searched = start_;
  while (true) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(start_, end - start_);
      start_ = end + 1;
      return Clean(std::move(line));
    }
    buffer_.erase(0, start_);
    start_ = 0;
    searched = buffer_.size();
    if (Read()) continue;
    if (signals_.interrupts() > 0 || buffer_.empty()) return std::nullopt;
    return Clean(std::exchange(buffer_, ""));  // the last line has no newline
  }
}

// What editors of other systems write: a mark of the encoding in front, a CR behind each line.
std::string ScriptLines::Clean(std::string line) {
  constexpr absl::string_view kMark = "\xef\xbb\xbf";
  if (std::exchange(is_first_, false) && absl::StartsWith(line, kMark)) line.erase(0, kMark.size());
  if (absl::EndsWith(line, "\r")) line.pop_back();
  return line;
}

bool ScriptLines::Read() {
  if (!IsInput(fd_)) return false;
  while (true) {
    std::array<pollfd, 2> waiting = {pollfd{fd_, POLLIN, 0}, pollfd{signals_.wake_fd(), POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) {
      signals_.DrainWake();
      if (signals_.interrupts() > 0) return false;
    }
    if (waiting[0].revents == 0) continue;
    std::array<char, 65536> chunk{};
    const ssize_t got = ::read(fd_, chunk.data(), chunk.size());
    if (got > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    if (got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN))) return true;
    return false;
  }
}

}  // namespace muster::clustershell
