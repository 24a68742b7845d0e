#include "shell/question.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <array>

namespace muster::clustershell {

bool CanAsk(Shell& shell) {
  return ::isatty(STDIN_FILENO) == 1 && shell.output().IsTerminal(Output::Stream::kStderr);
}

std::optional<std::string> Ask(Shell& shell, absl::string_view question) {
  Signals& signals = shell.signals();
  shell.output().Raw(Output::Stream::kStderr, question);
  std::string line;
  while (signals.interrupts() == 0) {
    std::array<pollfd, 2> waiting = {pollfd{STDIN_FILENO, POLLIN, 0},
                                     pollfd{signals.wake_fd(), POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) signals.DrainWake();
    if (waiting[0].revents == 0) continue;
    char byte = 0;
    const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) break;
    if (byte == '\n') return line;
    line += byte;
  }
  shell.output().Raw(Output::Stream::kStderr, "\n");
  return std::nullopt;
}

bool Confirm(Shell& shell, absl::string_view why, absl::string_view question) {
  shell.output().Note(why);
  if (shell.assumes_yes()) return true;
  if (!CanAsk(shell)) {
    shell.output().Note(
        "nothing was done: nobody is here to ask; `show` gives new numbers, -y says yes");
    return false;
  }
  while (const std::optional<std::string> answer = Ask(shell, absl::StrCat(question, " [y/n] "))) {
    const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(*answer));
    if (word == "y" || word == "yes") return true;
    if (word == "n" || word == "no" || word.empty()) break;
  }
  shell.output().Note("nothing was done");
  return false;
}

}  // namespace muster::clustershell
