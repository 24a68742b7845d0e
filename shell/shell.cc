#include "shell/shell.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <utility>

#include "common/node_set.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/execution_hooks.h"
#include "shell/exit_code.h"
#include "shell/line_run.h"
#include "shell/line_tail.h"
#include "shell/one_line.h"
#include "shell/other_line.h"
#include "shell/reports/report.h"

namespace muster::clustershell {
namespace {

// What `last` can reach.
constexpr std::size_t kMostPastLines = 1000;

}  // namespace

Shell::Shell(ClusterAPI cluster, Signals& signals, Output& output)
    : view_(std::move(cluster)), signals_(signals), output_(output) {
  jobs_.set_on_end([this](const Job& job, const std::vector<Outcome>& outcomes) {
    TellHooks(view_.ClusterName(), job, outcomes);
  });
}

void Shell::set_settings(ShellSettings settings) {
  settings_ = std::move(settings);
  programs_.AddFolders(settings_.program_folders);
}

void Shell::set_cluster(ClusterAPI cluster, std::string configuration) {
  view_ = ClusterView(std::move(cluster));
  settings_.configuration = std::move(configuration);
}

int Shell::RunLine(absl::string_view line) {
  const auto [name, rest] = SplitCommand(line);
  if (name.empty() || absl::StartsWith(name, "#")) return TellEndedJobs();
  if (past_lines_.size() == kMostPastLines) past_lines_.erase(past_lines_.begin());
  past_lines_.emplace_back(line);
  const ShellCommand* command = FindCommand(name);
  if (command != nullptr && defaults_.is_dry && !command->knows_dry_run) {
    output_.Out(absl::StrCat("would run: ", line, "\n"));
    return kExitOk;
  }
  Refresh();
  line_ = std::string(line);
  const int exit_code = RunCommand(command, name, rest, line);
  view_.EndLine();
  if (has_own_change_) TakeOwnChange();
  return WorseExit(exit_code, TellEndedJobs());
}

int Shell::RunCommand(const ShellCommand* command, absl::string_view name, absl::string_view rest,
                      absl::string_view line) {
  if (command == nullptr) return RunOtherLine(*this, name, line);
  if (command->takes_whole_line) return command->run(*this, rest);
  return RunWithTail(*this, rest,
                     [&](absl::string_view front) { return command->run(*this, front); });
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
  jobs_.Look();
  jobs_.Refresh();
  for (Job& job : jobs_.all()) {
    if (job.run && job.has_ended && !job.is_told) exit_code = WorseExit(exit_code, TellJob(job));
  }
  return exit_code;
}

int Shell::FinishWaiting(Job& job) {
  output_.Note(
      absl::StrCat(Fold(job.front->waiting()), ": no more input comes for ", OneLine(job.line)));
  job.front->EndInput();
  job.front->Go();
  const int exit_code = job.front->exit_code();
  jobs_.EndFront(job);
  return exit_code;
}

int Shell::FinishJobs() {
  int exit_code = kExitOk;
  for (Job& job : jobs_.all()) {
    if (job.front) exit_code = WorseExit(exit_code, FinishWaiting(job));
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

bool Shell::Refresh() { return Take(false); }

void Shell::OnOwnChange(std::string made) {
  has_own_change_ = true;
  if (!made.empty()) made_ = std::move(made);
}

void Shell::TakeOwnChange() {
  has_own_change_ = false;
  const std::string made = std::exchange(made_, "");
  if (!nodes().empty() || made.empty()) {
    Take(true);
    return;
  }
  // With several clusters nobody has chosen one.
  const Result<ClusterView::News> news = view_.Refresh();
  if ((news.ok() && !news->turned_to.empty()) || view_.Switch(made).ok()) {
    output_.Note(absl::StrCat("using ", view_.ClusterName(), ": ", NamesOf(nodes())));
  }
}

bool Shell::Take(bool is_own_change) {
  const Result<ClusterView::News> news = view_.Refresh();
  std::string complaint;
  if (!news.ok()) {
    complaint = absl::StrCat(news.status().message(), "; the nodes stay those of before");
    if (complaint != last_complaint_) output_.Note(complaint);
  } else if (!news->turned_to.empty()) {
    const bool says_why = !is_own_change && !news->difference.empty();
    output_.Note(absl::StrCat(says_why ? news->difference : "", says_why ? "; " : "", "using ",
                              news->turned_to, ": ", NamesOf(nodes())));
  } else if (is_own_change) {
    // Whoever did it was told.
  } else if (nodes().empty()) {
    if (!news->difference.empty()) output_.Note(news->difference);
  } else if (!news->difference.empty()) {
    output_.Note(absl::StrCat("the configuration has changed: ", news->difference,
                              "; numbers mean what the last table showed, until the next `show`"));
  }
  last_complaint_ = complaint;
  return news.ok();
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
