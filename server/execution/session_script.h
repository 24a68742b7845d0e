// What is said to the shell of a session. The shell reads it from a descriptor above 9 that no
// command inherits or can name, and reports on 9, which is closed while a command runs. A command
// is one quoted word given to `eval`, so that nothing in it (syntax errors, quotes, here-documents,
// `break`) reaches the lines around it; and those use special built-ins and `command` alone, which
// no function or alias of the user's replaces. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::server {

// What the shell runs, with the script as its standard input, the reports as descriptor 3.
std::vector<std::string> SessionShellArguments();

// The first lines: puts the descriptors where they stay, and has what is typed at a terminal
// (Ctrl-C, Ctrl-\, Ctrl-Z) end a command at most.
std::string SessionPrologue(bool has_terminal);

struct SessionScript {
  std::string_view source;
  std::string_view marker;               // letters and digits
  std::vector<std::string> environment;  // NAME=VALUE, exported before it
  std::string input;                     // a path, or "&6": the terminal
};

// One command. The shell reports "MARKER" when it begins and "MARKER STATUS" when it has ended; it
// reads the last bytes of this after that, and not before.
std::string WriteSessionScript(const SessionScript& script);

// The report of this line. `status` is empty when the command begins.
struct SessionReport {
  std::optional<int> status;
};
// Empty: it is not about this marker.
std::optional<SessionReport> ReadSessionReport(std::string_view line, std::string_view marker);

}  // namespace muster::server
