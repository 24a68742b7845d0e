// TerminalModes: what a program on the other side switched on in our terminal (another screen, a
// mouse, a hidden cursor, …), so that it can be switched off when we come back without it. Pure;
// not thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <set>
#include <string>

namespace muster::clustershell {

class TerminalModes {
 public:
  // What goes to the terminal, cut anywhere.
  void Follow(absl::string_view output);
  // The sequences that undo it; empty when all is as it was.
  std::string Undo() const;

 private:
  // How far into ESC [ ? 1 ; 2 h we are.
  enum class State { kText, kEscape, kBracket, kParameters };

  State Next(char c);
  // The modes in parameters_.
  void Set(bool on);

  State state_ = State::kText;
  std::string parameters_;
  std::set<int> changed_;  // from what they mostly are
};

}  // namespace muster::clustershell
