#include "shell/question.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <array>

namespace muster::clustershell {
namespace {

// One byte, so that what is typed ahead stays for the prompt.
std::optional<char> ReadByte(Signals& signals) {
  while (true) {
    std::array<pollfd, 2> waiting = {pollfd{STDIN_FILENO, POLLIN, 0},
                                     pollfd{signals.wake_fd(), POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) {
      signals.DrainWake();
      if (signals.interrupts() > 0) return std::nullopt;
    }
    if (waiting[0].revents == 0) continue;
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got == 1) return byte;
    if (got == 0 || (errno != EINTR && errno != EAGAIN)) return std::nullopt;
  }
}

}  // namespace

std::optional<std::string> Ask(Signals& signals, Output& output, absl::string_view question) {
  output.Raw(Output::Stream::kStderr, question);
  std::string line;
  while (const std::optional<char> byte = ReadByte(signals)) {
    if (*byte == '\n') return std::string(absl::StripAsciiWhitespace(line));
    line += *byte;
  }
  output.Raw(Output::Stream::kStderr, "\n");
  return std::nullopt;
}

bool AskYesNo(Signals& signals, Output& output, absl::string_view question) {
  while (const std::optional<std::string> answer = Ask(signals, output, question)) {
    const std::string word = absl::AsciiStrToLower(*answer);
    if (word == "y" || word == "yes") return true;
    if (word == "n" || word == "no") return false;
  }
  return false;
}

bool CanAsk(Shell& shell) {
  return ::isatty(STDIN_FILENO) == 1 && shell.output().IsTerminal(Output::Stream::kStderr);
}

bool Confirm(Shell& shell, absl::string_view why, absl::string_view question,
             absl::string_view hint) {
  shell.output().Note(why);
  if (shell.assumes_yes()) return true;
  if (!CanAsk(shell)) {
    shell.output().Note(absl::StrCat("nothing was done: nobody is here to ask; ", hint));
    return false;
  }
  if (AskYesNo(shell.signals(), shell.output(), absl::StrCat(question, " [y/n] "))) return true;
  shell.output().Note("nothing was done");
  return false;
}

}  // namespace muster::clustershell
