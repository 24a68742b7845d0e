// A question to the person at the terminal. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <optional>
#include <string>

#include "shell/shell.h"

namespace muster::clustershell {

// Whether somebody is there to answer: standard input and stderr are a terminal.
bool CanAsk(Shell& shell);

// The line that is typed behind the question; empty: a signal came, or the end of the input.
std::optional<std::string> Ask(Shell& shell, absl::string_view question);

// Whether to go on: -y says so, or the person; without him an error that says what was not done.
// `why` is one line.
bool Confirm(Shell& shell, absl::string_view why, absl::string_view question);

}  // namespace muster::clustershell
