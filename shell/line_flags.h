// LineFlags: every flag of an `@` or `py` line beside those of its execution
// (shell/execution_flags.h): how it is told, and how it is sent. They stand where execution flags
// do, and have the letters of clush; on clustershell's own command line they hold for every line.
// Pure; thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/reports/report_style.h"

namespace muster::clustershell {

// How a line runs, and how it is told.
struct LineOptions {
  ExecuteOptions execution;
  ReportStyle report;
  bool skips_absent = false;         // nodes that are not there are left out (SkipIfAbsent)
  bool returns_remote_code = false;  // the largest of the nodes' own (RemoteCodeOf)
  std::size_t fanout = 0;            // at most so many nodes at once; 0: all
  // A node that is not connected to by then is given up. None: the library's own time.
  std::optional<std::chrono::milliseconds> connect_timeout;
  std::string login_user;         // of ssh addresses; only on our own command line
  bool is_dry = false;            // says what would run where, and runs nothing
  bool assumes_yes = false;       // asks no questions
  std::optional<bool> asks;       // its standard input stays open for answers; none: at the prompt
  bool reads_input = false;       // our standard input is the nodes'
  bool shows_progress = false;    // from the start; else after two seconds
  bool is_in_background = false;  // as a job that the prompt does not wait for
  std::string pipe_to;  // a line for the local shell, which reads what the line prints; empty: none
};

struct LineFlag {
  char letter;          // 0: none
  const char* name;     // "--fold"
  const char* value;    // what stands behind it; null: nothing
  const char* summary;  // one line, no full stop
  // InvalidArgument says what is wrong with the value.
  absl::Status (*apply)(absl::string_view value, LineOptions& options);
};

// Of a table, as the help of `@` and `py` shows it.
std::string LineFlagsHelp(const char* title, const std::vector<LineFlag>& flags);
// "--fold" and so on, of a table, or of both.
std::vector<std::string> LineFlagNames(const std::vector<LineFlag>& flags);
std::vector<std::string> LineFlagNames();

// Takes a flag of these off the front of the line, when it begins with one; whether it did.
absl::StatusOr<bool> TakeLineFlag(absl::string_view& line, LineOptions& options);

// As TakeExecutionFlags, of all kinds of flags in any order; letters may stand together, as -bL.
absl::StatusOr<absl::string_view> TakeLineFlags(absl::string_view line, LineOptions& options);

}  // namespace muster::clustershell
