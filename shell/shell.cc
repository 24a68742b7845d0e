#include "shell/shell.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <utility>

#include "common/nearest.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/one_line.h"
#include "shell/reports/report.h"

namespace muster::clustershell {

Shell::Shell(ClusterAPI cluster, Signals& signals, Output& output)
    : cluster_(std::move(cluster)), signals_(signals), output_(output) {}

int Shell::RunLine(absl::string_view line) {
  const auto [name, rest] = SplitCommand(line);
  if (name.empty() || absl::StartsWith(name, "#")) {
    return TellEndedJobs();
  }
  const ShellCommand* command = FindCommand(name);
  if (command == nullptr) {
    output_.Note(absl::StrCat("unknown command '", name, "'", DidYouMean(name, CommandNames()),
                              " ('help' lists all; '@ ", name, " …' runs it on every node)"));
    return kExitUsage;
  }
  if (defaults_.is_dry && !command->knows_dry_run) {
    output_.Out(absl::StrCat("would run: ", line, "\n"));
    return kExitOk;
  }
  line_ = std::string(line);
  const int exit_code = command->run(*this, rest);
  return WorseExit(exit_code, TellEndedJobs());
}

int Shell::TellJob(Job& job) {
  job.is_told = true;
  if (!is_interactive_) {
    job.run->record().Tell(*Report::Make(job.options.report, job.nodes, output_, shows_tracebacks_),
                           false);
    return job.exit_code;
  }
  if (!job.options.report.is_quiet) {
    output_.Note(absl::StrCat("[", job.id, "] ", job.summary, ": ", OneLine(job.line), " ('jobs ",
                              job.id, "' shows what it wrote)"));
  }
  return kExitOk;
}

int Shell::TellEndedJobs() {
  int exit_code = kExitOk;
  jobs_.Refresh();
  for (Job& job : jobs_.all()) {
    if (job.run && job.has_ended && !job.is_told) exit_code = WorseExit(exit_code, TellJob(job));
  }
  return exit_code;
}

int Shell::FinishJobs() {
  int exit_code = kExitOk;
  for (Job& job : jobs_.all()) {
    if (!job.run || job.is_told) continue;
    signals_.SetRunning(job.run->fan_out());
    // Nobody reads what it prints.
    if (output_.error() != 0) job.run->fan_out()->Interrupt(2);
    job.run->WaitForEnd();
    jobs_.Refresh();
    exit_code = WorseExit(exit_code, TellJob(job));
  }
  return exit_code;
}

void Shell::SayJobsEnd() {
  jobs_.Refresh();
  for (const Job& job : jobs_.all()) {
    if (!job.has_ended)
      output_.Note(absl::StrCat("stopping job ", job.id, ": ", OneLine(job.line)));
  }
}

int Shell::Usage(absl::string_view command, absl::string_view what_is_wrong) {
  const ShellCommand* known = FindCommand(command);
  output_.Note(absl::StrCat(command, ": ", what_is_wrong, "; usage: ", known->usage, "  ('help ",
                            command, "' has examples)"));
  return kExitUsage;
}

void Shell::SayStopping(int times) {
  // The terminal has just shown ^C in the middle of a line.
  if (output_.IsTerminal(Output::Stream::kStderr)) output_.Raw(Output::Stream::kStderr, "\n");
  output_.Note(times > 1 ? "stopping at once" : "stopping; Ctrl-C again to stop at once");
}

}  // namespace muster::clustershell
