// Options: the flags of clustershell.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <vector>

#include "shell/line_flags.h"
#include "shell/one_shot.h"

namespace muster::clustershell {

struct Options {
  std::optional<int> local;                // start so many daemons here, and use those
  std::string config;                      // the configuration file; empty: the usual places
  std::string cluster;                     // which cluster of it; empty: the only one, or "default"
  std::vector<std::string> lines;          // of all -c, in order, cut at newlines
  bool has_lines = false;                  // whether -c was given
  std::string file;                        // of lines; "-": standard input; empty: none
  LineOptions line;                        // what every `@` and `py` begins with
  OneShot one_shot;                        // a command for nodes on the command line itself
  bool traces_hooks = false;               // tells each call of a hook
  std::vector<std::string> hook_settings;  // HOOK.SETTING=VALUE, for this run
  bool debug = false;                      // tracebacks from the start
  std::optional<std::string> text;         // of --help or --version: print it, and end
};

// InvalidArgument: one line saying what is wrong with the flags and which one was probably meant.
absl::StatusOr<Options> ParseOptions(int argc, const char* const* argv);

}  // namespace muster::clustershell
