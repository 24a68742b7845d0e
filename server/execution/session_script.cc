#include "server/execution/session_script.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

namespace muster::server {
namespace {

// Twice what a shell reads at once (BUFSIZ).
constexpr std::size_t kPaddingBytes = 16u << 10;

// As one word of the shell, whatever is in it.
std::string Quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::vector<std::string> SessionShellArguments() {
  // Opened by its name, the script gets a number of the shell's own.
  return {"sh", "-c", ". /dev/fd/0", "sh"};
}

std::string SessionPrologue(bool has_terminal) {
  // Between commands the shell has no streams: what `set -x` and `set -v` say of these lines goes
  // nowhere. The trap raises an error, which unwinds to the `command eval` around the command: a
  // shell that is not interactive knows no other way out of a loop of its own.
  std::string text = has_terminal ? "exec 6<&1\n" : "exec 6<&5 5<&-\n";
  text +=
      "exec 9>&3 3>&- 8>&1 7>&2 >/dev/null 2>&1 </dev/null\n"
      "muster_running=\n"
      "trap 'case $muster_running in 1) muster_running= muster_status=130; "
      "{ : \"${muster_interrupted:?}\"; } 2>/dev/null;; esac' INT QUIT\n";
  // Nobody could ever continue a shell that Ctrl-Z has stopped.
  if (has_terminal) text += "trap '' TSTP\n";
  return text;
}

std::string WriteSessionScript(const SessionScript& script) {
  // The user may have a function called `command`, and gets one no more. The loop is for a `break`
  // outside of any.
  std::string text = "\\unset -f command\n";
  for (const std::string& variable : script.environment) {
    const std::size_t equals = variable.find('=');
    absl::StrAppend(&text, "\\command export ", variable.substr(0, equals), "=",
                    Quote(std::string_view(variable).substr(equals + 1)), "\n");
  }
  absl::StrAppend(&text, "muster_status= muster_source=", Quote(script.source),
                  "\n\\command eval '", "for muster_running in 1; do \\command printf \"%s\\n\" ",
                  View(script.marker), " >&9; ", "\\command eval \"$muster_source\" <",
                  script.input,
                  " >&8 2>&7 6<&- 7>&- 8>&- 9>&-; done; muster_status=\"${muster_status:-$?}\" "
                  "muster_running='\n",
                  "\\unset -f command\n", "\\command printf '%s %d\\n' ", View(script.marker),
                  " \"${muster_status:-2}\" >&9\n");
  // The shell reads ahead, but not so far: once it has read these it is past the command.
  return text + std::string(kPaddingBytes, '\n');
}

std::optional<SessionReport> ReadSessionReport(std::string_view line, std::string_view marker) {
  if (line.substr(0, marker.size()) != marker) return std::nullopt;
  line.remove_prefix(marker.size());
  if (line.empty()) return SessionReport{};
  int status = 0;
  if (line.front() != ' ' || !absl::SimpleAtoi(View(line.substr(1)), &status)) return std::nullopt;
  return SessionReport{status & 255};
}

}  // namespace muster::server
