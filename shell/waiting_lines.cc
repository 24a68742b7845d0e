#include "shell/waiting_lines.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>

#include "common/node_set.h"
#include "shell/exit_code.h"
#include "shell/line_run.h"
#include "shell/one_line.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

// "n[1-3] wait".
std::string SayWho(std::vector<std::string> nodes) {
  const char* const verb = nodes.size() == 1 ? " waits" : " wait";
  return absl::StrCat(Fold(std::move(nodes)), verb);
}

// The newest line that waits there; null: none does.
Job* WaitingOn(Shell& shell, const std::string& node) {
  Job* found = nullptr;
  for (Job& job : shell.jobs().all()) {
    if (job.front && job.front->IsWaiting(node)) found = &job;
  }
  return found;
}

}  // namespace

int GoOn(Shell& shell, Job& job) {
  if (!job.front->Go()) {
    const std::vector<std::string> nodes = job.front->waiting();
    shell.output().Note(absl::StrCat(SayWho(nodes), " for input: '@", Fold(nodes),
                                     " TEXT' answers, 'cancel ", job.id, "' stops it"));
    return kExitOk;
  }
  const int exit_code = job.front->exit_code();
  shell.jobs().EndFront(job);
  return exit_code;
}

std::optional<int> AnswerWaiting(Shell& shell, const std::vector<Node>& nodes,
                                 const std::string& line) {
  shell.jobs().Look();
  std::map<Job*, std::vector<std::string>> answered;
  std::vector<std::string> waiting;
  std::vector<std::string> others;
  for (const Node& node : nodes) {
    Job* const job = WaitingOn(shell, node.name);
    if (job == nullptr) {
      others.push_back(node.name);
    } else {
      answered[job].push_back(node.name);
      waiting.push_back(node.name);
    }
  }
  if (waiting.empty()) return std::nullopt;
  if (!others.empty()) {
    const std::string why = absl::StrCat(SayWho(waiting), " for input, and ", Fold(others),
                                         others.size() == 1 ? " does" : " do", " not");
    if (!CanAsk(shell) && !shell.assumes_yes()) {
      shell.output().Note(absl::StrCat(why,
                                       "; nothing was sent. Name those that wait, or write -- "
                                       "in front of what is a command"));
      return kExitUsage;
    }
    if (!Confirm(shell, why,
                 absl::StrCat("answer ", Fold(waiting), " with '", OneLine(line), "'?"))) {
      return kExitUsage;
    }
  }
  int exit_code = kExitOk;
  for (const auto& [job, names] : answered) {
    shell.output().Note(absl::StrCat("to ", Fold(names), ": ", OneLine(job->line)));
    for (const std::string& name : names) job->front->Answer(name, line + "\n");
  }
  for (const auto& [job, names] : answered) exit_code = WorseExit(exit_code, GoOn(shell, *job));
  return exit_code;
}

}  // namespace muster::clustershell
