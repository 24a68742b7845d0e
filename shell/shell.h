// Shell: what one clustershell knows between two lines: its cluster, where output goes, whether
// tracebacks are wanted. Runs a line by looking its first word up in the list of commands. Lives on
// the main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/output.h"
#include "shell/programs/program_catalogue.h"
#include "shell/report_flags.h"
#include "shell/shell_settings.h"
#include "shell/signals.h"

namespace muster::clustershell {

class Shell {
 public:
  // `signals` and `output` have to live longer.
  Shell(ClusterAPI cluster, Signals& signals, Output& output);

  // Runs one line, of which every outcome was told when it returns its exit code. A blank line and
  // one that begins with # are nothing.
  int RunLine(absl::string_view line);

  ClusterAPI& cluster() { return cluster_; }
  // Another one from now on, of this configuration file.
  void set_cluster(ClusterAPI cluster, std::string configuration);
  const std::vector<Node>& nodes() const { return cluster_.nodes(); }
  Signals& signals() { return signals_; }
  Output& output() { return output_; }

  bool shows_tracebacks() const { return shows_tracebacks_; }
  void set_shows_tracebacks(bool shows) { shows_tracebacks_ = shows; }
  // What every `@` and `py` begins with; its own flags go before it.
  const LineOptions& defaults() const { return defaults_; }
  void set_defaults(LineOptions defaults) { defaults_ = std::move(defaults); }
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

  // Says on stderr how to use the command; returns kExitUsage.
  int Usage(absl::string_view command, absl::string_view what_is_wrong);
  // Says that what runs was asked to stop, for the first or a further time.
  void SayStopping(int times);

 private:
  ClusterAPI cluster_;
  Signals& signals_;
  Output& output_;
  LineOptions defaults_;
  ShellSettings settings_;
  ProgramCatalogue programs_;
  std::vector<std::string> past_lines_;
  bool is_interactive_ = false;
  bool shows_tracebacks_ = false;
  bool ended_ = false;
};

}  // namespace muster::clustershell
