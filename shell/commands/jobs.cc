// jobs [JOB]: the lines that this shell ran and runs.
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "common/node_set.h"
#include "common/quantity.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/job_number.h"
#include "shell/reports/report.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

std::chrono::milliseconds TimeOf(const Job& job) {
  if (job.has_ended) return job.elapsed;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               job.begun);
}

std::string StateOf(const Job& job) {
  if (job.has_ended || !job.run) return job.state();
  return absl::StrCat("running ", job.run->ended_nodes(), "/", job.nodes.size());
}

int ShowOne(Shell& shell, const Job& job) {
  Output& output = shell.output();
  if (!job.has_ended) {
    output.Note(absl::StrCat("job ", job.id, " ", StateOf(job), " since ",
                             FormatDuration(TimeOf(job)),
                             "; what it writes is shown when it ends"));
    return kExitOk;
  }
  if (job.output() == nullptr) {
    output.Note(
        absl::StrCat("job ", job.id, ": ", job.summary, "; what it wrote is no longer kept"));
    return kExitOk;
  }
  ReportStyle style = job.options.report;
  style.always_sums_up = true;
  job.output()->Tell(*Report::Make(style, job.nodes, output, shell.shows_tracebacks()), false);
  return kExitOk;
}

int Run(Shell& shell, absl::string_view rest) {
  if (!rest.empty()) {
    const Job* const job = FindJob(shell, "jobs", rest);
    return job == nullptr ? kExitUsage : ShowOne(shell, *job);
  }
  shell.jobs().Refresh();
  if (shell.jobs().all().empty()) {
    shell.output().Note("no line has run on nodes yet");
    return kExitOk;
  }
  Table table({{"job", true}, {"state"}, {"took", true}, {"nodes"}, {"line"}});
  for (const Job& job : shell.jobs().all()) {
    table.Add({absl::StrCat(job.id), StateOf(job), FormatDuration(TimeOf(job)), Fold(job.nodes),
               job.line});
  }
  // A narrow terminal cuts the line only.
  shell.output().Out(table.Render(shell.output().columns()));
  return kExitOk;
}

}  // namespace

const ShellCommand kJobsCommand = {
    "jobs",
    "jobs [JOB]",
    "list what this shell ran and runs, or show what a job wrote",
    "  @gpu* --bg make -j8   runs as a job: the prompt comes back at once\n"
    "  jobs                  every line on nodes, with its number, state and time\n"
    "  jobs 3                what job 3 wrote, and how it ended\n"
    "  cancel 3              stops it\n"
    "  rerun --failed        once more where the last one failed\n"
    "The last 100 that ended are listed. Jobs end with the shell: those of -c and scripts are "
    "waited\n"
    "for, those of a prompt are stopped when it ends. `ps` lists what runs on the nodes.\n",
    ShellCommand::Argument::kNone,
    &Run,
    false,
    true,
};

}  // namespace muster::clustershell
