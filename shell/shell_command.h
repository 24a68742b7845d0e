// ShellCommand: one word of clustershell: what it is called, how it is explained, what it does.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <vector>

namespace muster::clustershell {

class Shell;

// The names of the flags of a command, out of the list with which its line is read.
using FlagNames = std::vector<std::string> (*)();

// A word behind a command that says what is to be done, as `start` behind `cluster`.
struct SubCommand {
  // What its first argument names; for completion.
  enum class Argument { kNone, kStartable, kPlugin };

  const char* name;
  Argument argument;
  FlagNames flags;  // null: it has none
};

struct ShellCommand {
  // What its first argument names; for completion.
  enum class Argument { kNone, kTarget, kProgram, kCommand, kPath, kSubCommand };

  const char* name;     // the first word of the line; "@" is written without a blank behind it
  const char* usage;    // "py TARGET EXPRESSION"
  const char* summary;  // one line, no full stop
  const char* help;     // examples first, each line ended by a newline
  Argument argument;
  // Runs it; `rest` is the line behind the name, without the blanks in front of it. Returns its
  // exit code.
  int (*run)(Shell& shell, absl::string_view rest);
  // Whether execution flags may stand behind its first argument: for help and completion.
  bool takes_flags = false;
  // Whether it looks by itself that --dry-run runs nothing; else the shell only says what would
  // run.
  bool knows_dry_run = false;
  // Whether | and > behind it are its own, and not of this machine.
  bool takes_whole_line = false;
  // For completion: its flags, beside those of takes_flags; null: it has none. With sub-commands
  // each has its own.
  FlagNames flags = nullptr;
  std::vector<SubCommand> (*sub_commands)() = nullptr;  // of kSubCommand
};

}  // namespace muster::clustershell
