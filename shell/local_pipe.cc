#include "shell/local_pipe.h"

#include <absl/strings/ascii.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>

#include "common/pipe.h"
#include "common/status_macros.h"

namespace muster::clustershell {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Where the quotes that open at `begin` close; the end when they do not.
std::size_t EndOfQuotes(absl::string_view line, std::size_t begin) {
  const char quote = line[begin];
  for (std::size_t i = begin + 1; i < line.size(); ++i) {
    if (line[i] == '\\' && quote == '"')
      ++i;
    else if (line[i] == quote)
      return i;
  }
  return line.size();
}

}  // namespace

PipedLine SplitPipe(absl::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '\'' || line[i] == '"') {
      i = EndOfQuotes(line, i);
    } else if (line.substr(i, 2) == "!|" && (i == 0 || IsBlank(line[i - 1]))) {
      return {absl::StripTrailingAsciiWhitespace(line.substr(0, i)),
              absl::StripAsciiWhitespace(line.substr(i + 2)), true};
    }
  }
  return {line, "", false};
}

absl::StatusOr<LocalPipe> LocalPipe::Start(const std::string& command) {
  UniqueFd reading;
  LocalPipe pipe;
  if (!MakePipe(reading, pipe.input_)) {
    return absl::ResourceExhaustedError("cannot make a pipe for a local command");
  }
  ChildProcess::Options options;
  options.argv = {"sh", "-c", command};
  options.fds = {{reading.get(), STDIN_FILENO},
                 {STDOUT_FILENO, STDOUT_FILENO},
                 {STDERR_FILENO, STDERR_FILENO}};
  ASSIGN_OR_RETURN(pipe.child_, ChildProcess::Start(options));
  return pipe;
}

int LocalPipe::Finish(const Signals& signals) {
  constexpr std::chrono::milliseconds kLook(100);
  constexpr int kSignalled = 128;
  input_.Reset();
  std::optional<int> status;
  while (!(status = child_.WaitUntil(std::chrono::steady_clock::now() + kLook))) {
    if (signals.interrupts() > 1) child_.Kill(SIGKILL);
  }
  return WIFSIGNALED(*status) ? kSignalled + WTERMSIG(*status) : WEXITSTATUS(*status);
}

}  // namespace muster::clustershell
