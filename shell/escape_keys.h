// EscapeKeys: finds in what is typed the keys that lead back from a raw terminal: `~.` at the start
// of a line, as in ssh (`~~` types one ~), and three Ctrl-C in a row. Pure; not thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <string>

namespace muster::clustershell {

class EscapeKeys {
 public:
  // Takes what was typed. Appends to `passed` what goes on to the program: a ~ at the start of a
  // line is held back until it is clear what it means. True: the user wants to come back.
  bool Take(absl::string_view typed, std::string& passed);

 private:
  bool at_line_start_ = true;
  bool holds_tilde_ = false;
  int interrupts_ = 0;  // in a row
};

}  // namespace muster::clustershell
