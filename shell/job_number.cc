#include "shell/job_number.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <string>

namespace muster::clustershell {

Job* FindJob(Shell& shell, absl::string_view command, absl::string_view number) {
  int id = 0;
  if (!absl::SimpleAtoi(number, &id)) {
    shell.Usage(command,
                absl::StrCat("'", number, "' is no number of a job, as `jobs` lists them"));
    return nullptr;
  }
  shell.jobs().Refresh();
  if (Job* const job = shell.jobs().Find(id)) return job;
  const auto& all = shell.jobs().all();
  shell.Usage(command, absl::StrCat("there is no job ", id,
                                    all.empty() ? std::string("; nothing was run yet")
                                                : absl::StrCat("; the last is ", all.back().id)));
  return nullptr;
}

Job* LastJob(Shell& shell, absl::string_view command) {
  shell.jobs().Refresh();
  Job* const job = shell.jobs().LastEnded();
  if (job == nullptr) shell.Usage(command, "no line has run on nodes yet");
  return job;
}

}  // namespace muster::clustershell
