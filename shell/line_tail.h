// LineTail: what stands behind a command of ours and belongs to this machine: `show | grep n1`,
// `show > nodes.txt`.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <functional>
#include <string>

#include "shell/shell.h"

namespace muster::clustershell {

struct LineTail {
  enum class Kind { kNone, kPipe, kWrite, kAppend };
  Kind kind = Kind::kNone;
  absl::string_view front;  // the line without it
  std::string what;         // the command, or the path of the file
};

// A | outside of quotes; a > or >> outside of quotes that begins a word: in `cores>8` it is of the
// target. InvalidArgument: nothing, or too much, stands behind it. Pure.
absl::StatusOr<LineTail> SplitTail(absl::string_view line);

// Runs the front of the line with its output where the tail says. Returns the exit code of `run`,
// or when that is 0 the one of the local command.
int RunWithTail(Shell& shell, absl::string_view line,
                const std::function<int(absl::string_view front)>& run);

}  // namespace muster::clustershell
