// !COMMAND: a command of this machine. !!: the last line once more.
#include <absl/strings/match.h>

#include <string>

#include "common/words.h"
#include "shell/command_list.h"
#include "shell/local_command.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  if (StripBlanks(rest).empty()) return shell.Usage("!", "there is no command");
  if (rest == "!") return shell.RunLine("last");
  return RunLocalCommand(shell, std::string(rest));
}

}  // namespace

const ShellCommand kLocalCommand = {
    "!",
    "!COMMAND",
    "run a command on this machine",
    "  !ls -l results      in the shell of this machine (/bin/sh); pipes and all\n"
    "  !vim notes.txt      has the terminal until it ends\n"
    "  !!                  the last line once more, as `last`\n"
    "At a terminal a word that is no command of ours runs here, too, without the !, unless it "
    "looks\n"
    "like a slip or the configuration says `fallthrough = no` in [shell]. The exit code is that "
    "of\n"
    "the command. `cd` changes the folder.\n",
    ShellCommand::Argument::kNone,
    &Run,
    false,
    false,
    true,
};

}  // namespace muster::clustershell
