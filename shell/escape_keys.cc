#include "shell/escape_keys.h"

namespace muster::clustershell {
namespace {
constexpr char kInterrupt = '\x03';
constexpr int kInterruptsBack = 3;
}  // namespace

bool EscapeKeys::Take(absl::string_view typed, std::string& passed) {
  for (const char key : typed) {
    interrupts_ = key == kInterrupt ? interrupts_ + 1 : 0;
    if (holds_tilde_) {
      holds_tilde_ = false;
      if (key == '.') return true;
      passed += '~';
      if (key == '~') {
        at_line_start_ = false;
        continue;
      }
    } else if (key == '~' && at_line_start_) {
      holds_tilde_ = true;
      continue;
    }
    passed += key;
    at_line_start_ = key == '\r' || key == '\n' || key == kInterrupt;
    if (interrupts_ == kInterruptsBack) return true;
  }
  return false;
}

}  // namespace muster::clustershell
