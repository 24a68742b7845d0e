// cancel JOB: stops a job of this shell.
#include <absl/strings/str_cat.h>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/job_number.h"
#include "shell/line_run.h"
#include "shell/waiting_lines.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  if (rest.empty()) return shell.Usage("cancel", "it needs the number of a job");
  Job* const job = FindJob(shell, "cancel", rest);
  if (job == nullptr) return kExitUsage;
  if (job->has_ended) {
    shell.output().Note(absl::StrCat("job ", job->id, " has ended: ", job->summary));
    return kExitFailed;
  }
  job->cancels += 1;
  if (job->front) {
    job->front->Interrupt(job->cancels);
    GoOn(shell, *job);
    return kExitOk;
  }
  job->run->fan_out()->Interrupt(job->cancels);
  shell.output().Note(absl::StrCat("stopping job ", job->id,
                                   job->cancels > 1 ? " at once" : "; again to stop it at once"));
  return kExitOk;
}

}  // namespace

const ShellCommand kCancelCommand = {
    "cancel",
    "cancel JOB",
    "stop a job of this shell",
    "  cancel 3   as Ctrl-C: SIGINT, at half the grace SIGTERM, at its end SIGKILL, on all its "
    "nodes\n"
    "The second time it is killed at once. `jobs` lists the numbers; `stop` ends by its id what "
    "another\n"
    "program started.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
