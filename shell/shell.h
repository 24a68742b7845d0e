// Shell: what one clustershell knows between two lines: its cluster, where output goes, whether
// tracebacks are wanted. Runs a line by looking its first word up in the list of commands. Lives on
// the main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/cluster_view.h"
#include "shell/job_list.h"
#include "shell/line_flags.h"
#include "shell/output.h"
#include "shell/programs/program_catalogue.h"
#include "shell/shell_settings.h"
#include "shell/signals.h"
#include "shell/sticky_sessions.h"

namespace muster::clustershell {

struct ShellCommand;

class Shell {
 public:
  // `signals` and `output` have to live longer.
  Shell(ClusterAPI cluster, Signals& signals, Output& output);

  // Runs one line, of which every outcome was told when it returns its exit code. A blank line and
  // one that begins with # are nothing.
  int RunLine(absl::string_view line);

  ClusterView& view() { return view_; }
  // As it is in this line; the next one may have another.
  ClusterAPI& cluster() { return view_.cluster(); }
  // Another one from now on, of this configuration file.
  void set_cluster(ClusterAPI cluster, std::string configuration);
  const std::vector<Node>& nodes() const { return view_.nodes(); }
  // The names of all clusters, also of those that were started.
  const std::vector<std::string>& clusters() const { return view_.clusters(); }
  Signals& signals() { return signals_; }
  Output& output() { return output_; }

  bool shows_tracebacks() const { return shows_tracebacks_; }
  void set_shows_tracebacks(bool shows) { shows_tracebacks_ = shows; }
  // The line that runs, as it was typed.
  const std::string& line() const { return line_; }
  void set_line(std::string line) { line_ = std::move(line); }
  StickySessions& sticky() { return sticky_; }
  // The tracked lines of this shell.
  JobList& jobs() { return jobs_; }
  // Tells which jobs have ended since it was last asked; where nobody sits who could ask for it,
  // with what they wrote, and then their exit code counts.
  int TellEndedJobs();
  // The same of all jobs, which it waits for. Ctrl-C stops them.
  int FinishJobs();
  // Says which jobs still run, at the end of the shell, which stops them.
  void SayJobsEnd();

  // Whether a line's output may be asked for again; else it is not kept.
  bool keeps_output() const { return keeps_output_; }
  void set_keeps_output(bool keeps) { keeps_output_ = keeps; }
  bool assumes_yes() const { return defaults_.assumes_yes; }  // asks no questions
  // Whether standard input is not where the lines come from: then commands may have it.
  bool input_is_free() const { return input_is_free_; }
  void set_input_is_free(bool is_free) { input_is_free_ = is_free; }
  // What every `@` and `py` begins with; its own flags go before it.
  const LineOptions& defaults() const { return defaults_; }
  void set_defaults(LineOptions defaults) { defaults_ = std::move(defaults); }
  // Whether every question is answered by yes.
  void set_assumes_yes(bool yes) { defaults_.assumes_yes = yes; }
  // What the configuration says of the prompt.
  const ShellSettings& settings() const { return settings_; }
  void set_settings(ShellSettings settings);
  ProgramCatalogue& programs() { return programs_; }
  // Whether a person types the lines: then questions may be asked.
  bool is_interactive() const { return is_interactive_; }
  void set_is_interactive(bool is) { is_interactive_ = is; }
  // The lines that were run, the oldest first.
  const std::vector<std::string>& past_lines() const { return past_lines_; }
  // After this line the shell ends.
  void End() { ended_ = true; }
  bool ended() const { return ended_; }

  // Takes the cluster as its files are now, and says what that changed, or why it cannot; before
  // every line. False: it cannot.
  bool Refresh();
  // The line that runs changed clusters: once it has told what came of that, the shell takes them,
  // and says only which cluster is used from now on. `made`: one that was just made, which is used
  // when there was none.
  void OnOwnChange(std::string made = "");

  // Says on stderr how to use the command; returns kExitUsage.
  int Usage(absl::string_view command, absl::string_view what_is_wrong);
  // Says that what runs was asked to stop, for the first or a further time.
  void SayStopping(int times);

 private:
  int RunCommand(const ShellCommand* command, absl::string_view name, absl::string_view rest,
                 absl::string_view line);
  int TellJob(Job& job);
  bool Take(bool is_own_change);
  void TakeOwnChange();
  // Of one that waits for input: there will be none.
  int FinishWaiting(Job& job);

  ClusterView view_;
  Signals& signals_;
  Output& output_;
  LineOptions defaults_;
  std::string line_;
  StickySessions sticky_;
  JobList jobs_;  // after cluster_: what still runs goes first
  bool input_is_free_ = false;
  std::string last_complaint_;  // of Refresh
  bool has_own_change_ = false;
  std::string made_;  // by this line
  ShellSettings settings_;
  ProgramCatalogue programs_;
  std::vector<std::string> past_lines_;
  bool keeps_output_ = true;
  bool is_interactive_ = false;
  bool shows_tracebacks_ = false;
  bool ended_ = false;
};

}  // namespace muster::clustershell
