#include "shell/terminal_modes.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <iterator>

namespace muster::clustershell {
namespace {

// As xterm numbers them (DEC private modes): the cursor, which is on at first; keys, mice, focus,
// other screens, bracketed paste.
constexpr int kCursor = 25;
constexpr int kFollowed[] = {1, kCursor, 47, 1000, 1002, 1003, 1004, 1006, 1015, 1047, 1049, 2004};
// Longer than any that means something.
constexpr std::size_t kMostParameters = 64;

}  // namespace

void TerminalModes::Follow(absl::string_view output) {
  for (const char c : output) state_ = Next(c);
}

TerminalModes::State TerminalModes::Next(char c) {
  switch (state_) {
    case State::kText:
      break;
    case State::kEscape:
      if (c == '[') return State::kBracket;
      break;
    case State::kBracket:
      parameters_.clear();
      if (c == '?') return State::kParameters;
      break;
    case State::kParameters:
      if ((absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == ';') &&
          parameters_.size() < kMostParameters) {
        parameters_ += c;
        return State::kParameters;
      }
      if (c == 'h' || c == 'l') Set(c == 'h');
      break;
  }
  return c == '\x1b' ? State::kEscape : State::kText;
}

void TerminalModes::Set(bool on) {
  for (const absl::string_view word : absl::StrSplit(parameters_, ';')) {
    int mode = 0;
    if (!absl::SimpleAtoi(word, &mode)) continue;
    const bool is_followed =
        std::find(std::begin(kFollowed), std::end(kFollowed), mode) != std::end(kFollowed);
    if (is_followed && on != (mode == kCursor)) {
      changed_.insert(mode);
    } else {
      changed_.erase(mode);
    }
  }
}

std::string TerminalModes::Undo() const {
  std::string text;
  for (const int mode : changed_)
    absl::StrAppend(&text, "\x1b[?", mode, mode == kCursor ? "h" : "l");
  if (!text.empty()) text += "\x1b[m";  // and its colours
  return text;
}

}  // namespace muster::clustershell
