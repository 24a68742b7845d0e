// rerun [JOB] [--failed]: a line once more, on the same nodes.
#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/nearest.h"
#include "common/node_set.h"
#include "common/words.h"
#include "shell/command_list.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/job_number.h"
#include "shell/run_on_nodes.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{0, "--failed"}};

// By name: a number may mean another node by now.
std::vector<Node> NodesNamed(Shell& shell, const std::vector<std::string>& names,
                             std::vector<std::string>& gone) {
  std::vector<Node> found;
  for (const std::string& name : names) {
    const auto& nodes = shell.nodes();
    const auto node = std::find_if(nodes.begin(), nodes.end(),
                                   [&](const Node& known) { return known.name == name; });
    if (node == nodes.end()) {
      gone.push_back(name);
    } else {
      found.push_back(*node);
    }
  }
  return found;
}

int RunAgain(Shell& shell, const Job& job, bool only_failed) {
  Output& output = shell.output();
  if (job.options.reads_input) {
    output.Note(absl::StrCat("job ", job.id, " read standard input, which is there only once"));
    return kExitUsage;
  }
  if (!job.has_ended) {
    output.Note(absl::StrCat("job ", job.id, " still runs"));
    return kExitFailed;
  }
  if (only_failed && job.failed.empty()) {
    output.Note(absl::StrCat("job ", job.id, " failed nowhere: ", job.summary));
    return kExitOk;
  }
  std::vector<std::string> gone;
  const std::vector<Node> nodes = NodesNamed(shell, only_failed ? job.failed : job.nodes, gone);
  if (!gone.empty()) {
    output.Note(absl::StrCat("rerun: ", Fold(gone), " ", gone.size() == 1 ? "is" : "are",
                             " no longer in the cluster; nothing was run"));
    return kExitNoMatch;
  }
  LineOptions options = job.options;
  options.is_dry = options.is_dry || shell.defaults().is_dry;
  shell.set_line(job.line);
  const Command command = job.command;  // the job may be forgotten meanwhile
  return RunOnNodes(shell, nodes, command, options);
}

int Run(Shell& shell, absl::string_view rest) {
  const absl::StatusOr<std::vector<std::string>> words = SplitWords(rest);
  if (!words.ok()) return shell.Usage("rerun", words.status().message());
  bool only_failed = false;
  std::string number;
  for (const std::string& word : *words) {
    if (FindFlag(kFlags, word) != nullptr) {
      only_failed = true;
    } else if (absl::StartsWith(word, "-") || !number.empty()) {
      return shell.Usage(
          "rerun", absl::StrCat("it takes no '", word, "'", DidYouMean(word, NamesOf(kFlags))));
    } else {
      number = word;
    }
  }
  const Job* const job = number.empty() ? LastJob(shell, "rerun") : FindJob(shell, "rerun", number);
  return job == nullptr ? kExitUsage : RunAgain(shell, *job, only_failed);
}

}  // namespace

const ShellCommand kRerunCommand = {
    "rerun",
    "rerun [JOB] [--failed]",
    "run a line once more, or only where it failed",
    "  rerun            the last line, on the same nodes\n"
    "  rerun --failed   only on those where it failed, or that were not reached\n"
    "  rerun 3          job 3, as `jobs` lists them\n"
    "Nodes are the same by name; one that is no longer in the cluster stops the whole.\n",
    ShellCommand::Argument::kNone,
    &Run,
    false,
    true,
    false,
    [] { return NamesOf(kFlags); },
};

}  // namespace muster::clustershell
