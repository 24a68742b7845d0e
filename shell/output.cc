#include "shell/output.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "common/escape.h"

namespace muster::clustershell {

Output::Output(int out_fd, int err_fd)
    : out_{out_fd, ::isatty(out_fd) == 1}, err_{err_fd, ::isatty(err_fd) == 1} {}

void Output::RedirectStdout(int fd) {
  if (!real_out_) real_out_ = out_;
  out_ = {fd, ::isatty(fd) == 1};
}

void Output::RestoreStdout() {
  if (real_out_) out_ = *real_out_;
  real_out_.reset();
}

std::size_t Output::columns(Stream stream) const {
  winsize size{};
  const Sink& sink = SinkOf(stream);
  const bool is_known = sink.is_terminal && ::ioctl(sink.fd, TIOCGWINSZ, &size) == 0;
  return is_known && size.ws_col > 0 ? size.ws_col : static_cast<std::size_t>(-1);
}

void Output::NodeLines(Stream stream, absl::string_view node, absl::string_view lines) {
  Prefixed(stream, absl::StrCat(node, ": "), lines);
}

void Output::Lines(Stream stream, absl::string_view lines) { Prefixed(stream, "", lines); }

void Output::Prefixed(Stream stream, absl::string_view prefix, absl::string_view lines) {
  const bool escapes = SinkOf(stream).is_terminal;
  std::string text;
  text.reserve(lines.size() + prefix.size());
  while (!lines.empty()) {
    const std::size_t length = std::min(lines.find('\n'), lines.size());
    const absl::string_view line = lines.substr(0, length);
    absl::StrAppend(&text, prefix);
    if (escapes) {
      absl::StrAppend(&text, EscapeControls(line));
    } else {
      absl::StrAppend(&text, line);
    }
    text += '\n';
    lines.remove_prefix(std::min(length + 1, lines.size()));
  }
  Raw(stream, text);
}

void Output::Raw(Stream stream, absl::string_view data) {
  Sink& sink = stream == Stream::kStdout ? out_ : err_;
  while (!data.empty() && sink.error == 0) {
    const ssize_t written = ::write(sink.fd, data.data(), data.size());
    if (written >= 0) {
      data.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody who shares the descriptor made it non-blocking.
      pollfd writable{sink.fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      sink.error = errno;
    }
  }
}

}  // namespace muster::clustershell
