#include "shell/shell.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <utility>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/line_tail.h"
#include "shell/other_line.h"

namespace muster::clustershell {
namespace {

// What `last` can reach.
constexpr std::size_t kMostPastLines = 1000;

}  // namespace

Shell::Shell(ClusterAPI cluster, Signals& signals, Output& output)
    : cluster_(std::move(cluster)), signals_(signals), output_(output) {}

void Shell::set_settings(ShellSettings settings) {
  settings_ = std::move(settings);
  programs_.AddFolders(settings_.program_folders);
}

void Shell::set_cluster(ClusterAPI cluster, std::string configuration) {
  cluster_ = std::move(cluster);
  settings_.configuration = std::move(configuration);
}

int Shell::RunLine(absl::string_view line) {
  const auto [name, rest] = SplitCommand(line);
  if (name.empty() || absl::StartsWith(name, "#")) return kExitOk;
  if (past_lines_.size() == kMostPastLines) past_lines_.erase(past_lines_.begin());
  past_lines_.emplace_back(line);
  const ShellCommand* command = FindCommand(name);
  if (command == nullptr) return RunOtherLine(*this, name, line);
  if (command->takes_whole_line) return command->run(*this, rest);
  return RunWithTail(*this, rest,
                     [&](absl::string_view front) { return command->run(*this, front); });
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
