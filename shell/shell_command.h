// ShellCommand: one word of clustershell: what it is called, how it is explained, what it does.
#pragma once

#include <absl/strings/string_view.h>

namespace muster::clustershell {

class Shell;

struct ShellCommand {
  // What its first argument names; for completion.
  enum class Argument { kNone, kTarget, kProgram, kCommand, kPath, kCluster };

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
};

}  // namespace muster::clustershell
