// The jobs that a line names by their numbers. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include "shell/job_list.h"
#include "shell/shell.h"

namespace muster::clustershell {

// Null: it is no number of a job; `command` said so, and which there are.
Job* FindJob(Shell& shell, absl::string_view command, absl::string_view number);

// The last that has ended; null: none has, and `command` said so.
Job* LastJob(Shell& shell, absl::string_view command);

}  // namespace muster::clustershell
