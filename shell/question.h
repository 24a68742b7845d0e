// A question to the person at the terminal. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <optional>
#include <string>

#include "shell/output.h"
#include "shell/shell.h"
#include "shell/signals.h"

namespace muster::clustershell {

// Whether somebody is there to answer: standard input and stderr are a terminal.
bool CanAsk(Shell& shell);

// Shows the question and waits for a line, without blanks at its ends. Empty: Ctrl-C, Ctrl-D, or a
// request to end. Ask only where somebody sits: our stdin is a terminal.
std::optional<std::string> Ask(Signals& signals, Output& output, absl::string_view question);

// Until it is y or n; no answer is no.
bool AskYesNo(Signals& signals, Output& output, absl::string_view question);

// Whether to go on: -y says so, or the person; without him an error that says what was not done.
// `why` is one line; `hint` says what to do where nobody is.
bool Confirm(Shell& shell, absl::string_view why, absl::string_view question,
             absl::string_view hint = "`show` gives new numbers, -y says yes");

}  // namespace muster::clustershell
