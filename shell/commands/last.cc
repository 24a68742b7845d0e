// last: an earlier line once more.
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <string>
#include <vector>

#include "common/words.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

// The lines that are no `last` themselves, the newest first.
std::vector<std::string> Newest(const Shell& shell) {
  std::vector<std::string> lines;
  const auto& past = shell.past_lines();
  for (auto line = past.rbegin(); line != past.rend(); ++line) {
    const absl::string_view name = SplitFirst(*line).first;
    if (name != "last" && name != "!!") lines.push_back(*line);
  }
  return lines;
}

int Run(Shell& shell, absl::string_view rest) {
  const std::vector<std::string> lines = Newest(shell);
  if (rest == "history") {
    std::string text;
    for (std::size_t i = lines.size(); i > 0; --i) {
      absl::StrAppend(&text, absl::StrFormat("%4d  %s\n", i, lines[i - 1]));
    }
    shell.output().Out(text);
    return kExitOk;
  }
  std::size_t number = 1;
  if (!rest.empty() && (!absl::SimpleAtoi(rest, &number) || number == 0)) {
    return shell.Usage("last", absl::StrCat("'", rest, "' is neither a number from 1 nor history"));
  }
  if (number > lines.size()) {
    return shell.Usage("last", absl::StrCat("there are ", lines.size(), " earlier lines"));
  }
  shell.output().Note(lines[number - 1]);
  return shell.RunLine(lines[number - 1]);
}

}  // namespace

const ShellCommand kLastCommand = {
    "last",
    "last [N|history]",
    "run an earlier line once more",
    "  last            the last line; !! is the same\n"
    "  last 3          the third from the end\n"
    "  last history    lists the lines of this shell with their numbers\n"
    "The line is shown on stderr before it runs. Ctrl-R and the arrows find lines of earlier\n"
    "shells, too.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
