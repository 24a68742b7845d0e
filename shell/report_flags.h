// ReportFlags: the flags that say how what a line brings is told: live, folded, as JSON. They stand
// where execution flags do (shell/execution_flags.h), and have letters as in clush. Pure;
// thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/reports/report_style.h"

namespace muster::clustershell {

struct ReportFlag {
  char letter;          // 0: none
  const char* name;     // "--fold"
  const char* value;    // what stands behind it; null: nothing
  const char* summary;  // one line, no full stop
  // InvalidArgument says what is wrong with the value.
  absl::Status (*apply)(absl::string_view value, ReportStyle& style);
};

// In the order of the help.
const std::vector<ReportFlag>& ReportFlags();

// The table as the help of `@` and `py` shows it.
std::string ReportFlagsHelp();

// How a line runs, and how it is told.
struct LineOptions {
  ExecuteOptions execution;
  ReportStyle report;
  bool returns_remote_code = false;  // the largest of the nodes' own (RemoteCodeOf)
  bool skips_absent = false;         // nodes that are not there are left out (SkipIfAbsent)
};

// As TakeExecutionFlags, of both kinds of flags in any order; letters may stand together, as -bL.
absl::StatusOr<absl::string_view> TakeLineFlags(absl::string_view line, LineOptions& options);

}  // namespace muster::clustershell
