// ExecutionFlags: the flags that say how a command runs on its nodes: deadline, limits,
// environment. They stand on clustershell's own command line, for every `@` and `py`, and in a line
// between target and command, for that line alone. The one table of them also feeds help and
// completion. Pure; thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <functional>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

struct ExecutionFlag {
  const char* name;     // "--timeout"
  const char* value;    // what stands behind it, as "D"; null: nothing
  bool repeats;         // whether it may be given several times; else the last one counts
  const char* summary;  // one line, no full stop
  // Puts it into the options. InvalidArgument says what is wrong with the value.
  absl::Status (*apply)(absl::string_view value, ExecuteOptions& options);
};

// In the order of the help.
const std::vector<ExecutionFlag>& ExecutionFlags();

// The table as the help of `@` and `py` shows it.
std::string ExecutionFlagsHelp();

// Puts the flags at the start of `line` into the options and returns the rest of it, untouched, but
// for the blanks in front. Flags are the words that begin with `--`, each with its value behind it
// or behind `=`, quoted as words are (SplitWords); a bare `--` ends them. InvalidArgument: a flag
// is unknown (the nearest and the valid ones are named), or its value is wrong or missing. `other`
// may take a flag of another kind off the front of the line, and says whether it did;
// `other_names` are what those are called.
using OtherFlags = std::function<absl::StatusOr<bool>(absl::string_view& line)>;
absl::StatusOr<absl::string_view> TakeExecutionFlags(
    absl::string_view line, ExecuteOptions& options, const OtherFlags& other = nullptr,
    const std::vector<std::string>& other_names = {});

// The flag that stands unfinished at the end of what was typed behind a target, as "--ti"; empty
// when there the command has begun, or a value is due.
absl::string_view UnfinishedFlag(absl::string_view typed);

}  // namespace muster::clustershell
