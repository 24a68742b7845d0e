// fold [JOB], diff [JOB]: what the nodes wrote of a line, once more in another form.
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <string>

#include "common/node_set.h"
#include "common/words.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/job_number.h"
#include "shell/line_flags.h"
#include "shell/report_flags.h"
#include "shell/reports/report.h"

namespace muster::clustershell {
namespace {

int TellAgain(Shell& shell, const std::string& name, ReportStyle::Form form,
              absl::string_view rest) {
  if (absl::StartsWith(rest, "@")) {
    return shell.Usage(
        name, absl::StrCat("it tells again what a line brought; to run one, write ",
                           SplitFirst(rest).first, " --", name, " ", SplitFirst(rest).second));
  }
  LineOptions options;
  options.report.form = form;
  const auto [number, behind] =
      absl::StartsWith(rest, "-") ? std::pair(rest.substr(0, 0), rest) : SplitFirst(rest);
  if (!number.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(number[0]))) {
    return shell.Usage(name,
                       absl::StrCat("it tells again what a line brought, and takes no '", number,
                                    "'; for files of this machine: !", name, " ", rest));
  }
  const auto left = TakeLineFlags(behind, options);
  if (!left.ok()) return shell.Usage(name, left.status().message());
  if (!left->empty()) {
    return shell.Usage(name, absl::StrCat("it takes no '", *left, "'"));
  }
  const Job* const job = number.empty() ? LastJob(shell, name) : FindJob(shell, name, number);
  if (job == nullptr) return kExitUsage;
  Output& output = shell.output();
  if (!job->has_ended) {
    output.Note(absl::StrCat("job ", job->id, " still runs; 'cancel ", job->id, "' stops it"));
    return kExitFailed;
  }
  if (job->output() == nullptr) {
    output.Note(absl::StrCat("what job ", job->id, " wrote is no longer kept; 'rerun ", job->id,
                             "' runs it again"));
    return kExitFailed;
  }
  std::string problem;
  const GroupFold groups =
      options.report.names_groups ? GroupFold::Of(shell.cluster(), &problem) : GroupFold();
  if (!problem.empty()) output.Note(absl::StrCat("there are no groups: ", problem));
  job->output()->Tell(
      *Report::Make(options.report, job->nodes, output, shell.shows_tracebacks(), groups),
      !options.report.gathers_stderr && options.report.form != ReportStyle::Form::kJson);
  if (const auto left_out = job->output()->left_out(); !left_out.empty()) {
    output.Note(absl::StrCat(Fold(left_out), ": wrote too much to be kept (of one line ",
                             LineRecord::kMaxBytes >> 20, " MiB are), and is left out"));
  }
  return kExitOk;
}

int RunFold(Shell& shell, absl::string_view rest) {
  return TellAgain(shell, "fold", ReportStyle::Form::kFolded, rest);
}

int RunDiff(Shell& shell, absl::string_view rest) {
  return TellAgain(shell, "diff", ReportStyle::Form::kDiff, rest);
}

}  // namespace

const ShellCommand kFoldCommand = {
    "fold",
    "fold [JOB] [FLAG...]",
    "show again what the last line brought, what is alike once",
    "  @ uname -r       a line on all nodes; then\n"
    "  fold             what several nodes said alike once, outliers first\n"
    "  fold -r          groups stand for their nodes\n"
    "  fold -B          with what they wrote to stderr\n"
    "  fold 3           of job 3, as `jobs` lists them\n"
    "  @ -b uname -r    at once\n"
    "Of a line 64 MiB are kept, until the next one.\n",
    ShellCommand::Argument::kNone,
    &RunFold,
    false,
    true,
    false,
    [] { return LineFlagNames(ReportFlags()); },
};

const ShellCommand kDiffCommand = {
    "diff",
    "diff [JOB] [FLAG...]",
    "show how the nodes of the last line differ from what most said",
    "  @ cat /etc/hosts      a line on all nodes; then\n"
    "  diff                  how the others differ from what most of them said\n"
    "  diff 3                of job 3, as `jobs` lists them\n"
    "  @ --diff cat /etc/hosts   at once\n"
    "Of a line 64 MiB are kept, until the next one.\n",
    ShellCommand::Argument::kNone,
    &RunDiff,
    false,
    true,
    false,
    [] { return LineFlagNames(ReportFlags()); },
};

}  // namespace muster::clustershell
