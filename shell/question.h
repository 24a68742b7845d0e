// A question to the person at the terminal. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <optional>
#include <string>

#include "shell/output.h"
#include "shell/signals.h"

namespace muster::clustershell {

// Shows the question and waits for a line, without blanks at its ends. Empty: Ctrl-C, Ctrl-D, or a
// request to end. Ask only where somebody sits: our stdin is a terminal.
std::optional<std::string> Ask(Signals& signals, Output& output, absl::string_view question);

// Until it is y or n; no answer is no.
bool AskYesNo(Signals& signals, Output& output, absl::string_view question);

}  // namespace muster::clustershell
