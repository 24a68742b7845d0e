#include "shell/cluster_run.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "shell/cluster_records.h"
#include "shell/exit_code.h"

namespace muster::clustershell {
namespace {

using provision::NodeState;

// Whether a node is where the operation wants it, or never will be.
bool IsEnd(NodeState state) {
  return state == NodeState::kRunning || state == NodeState::kFailed ||
         state == NodeState::kDefined || state == NodeState::kPaused;
}

}  // namespace

ClusterRun::ClusterRun(Shell& shell, std::string command, std::vector<std::string> nodes)
    : shell_(shell),
      command_(std::move(command)),
      nodes_(std::move(nodes)),
      progress_(shell.output(), nodes_, false, shell.defaults().report.is_quiet),
      has_ended_(nodes_.size(), false) {}

provision::Watch ClusterRun::watch() {
  return {[this](const provision::NodeStep& step) { OnStep(step); }, [this] { return Look(); }};
}

void ClusterRun::OnStep(const provision::NodeStep& step) {
  const MutexLock lock(mutex_);
  steps_.push_back(step);
}

int ClusterRun::Look() {
  std::vector<provision::NodeStep> steps;
  {
    const MutexLock lock(mutex_);
    steps.swap(steps_);
  }
  for (const provision::NodeStep& step : steps) {
    const auto node = std::find(nodes_.begin(), nodes_.end(), step.node);
    const auto place = static_cast<std::size_t>(node - nodes_.begin());
    if (node == nodes_.end() || has_ended_[place] || !IsEnd(step.state)) continue;
    has_ended_[place] = true;
    Outcome outcome;
    outcome.kind = step.state == NodeState::kFailed ? Outcome::Kind::kFailed : Outcome::Kind::kOk;
    progress_.OnEnd(place, outcome);
  }
  const int interrupts = shell_.signals().interrupts();
  if (interrupts > interrupts_) {
    interrupts_ = interrupts;
    progress_.Wipe();
    if (shell_.output().IsTerminal(Output::Stream::kStderr)) {
      shell_.output().Raw(Output::Stream::kStderr, "\n");
    }
    shell_.output().Note(interrupts == 1
                             ? "nothing more is begun; what is under way is waited for and saved "
                               "(Ctrl-C again: not waited for)"
                             : "not waited for; what was begun is saved");
  }
  progress_.Show();
  return interrupts;
}

int ClusterRun::Tell(const provision::Report& report) {
  progress_.Wipe();
  int exit_code = ExitOf(report.status);
  for (const provision::NodeResult& node : report.nodes) {
    shell_.output().NodeLines(node.ok ? Output::Stream::kStdout : Output::Stream::kStderr,
                              node.node, node.text);
    if (!node.ok) exit_code = WorseExit(exit_code, kExitFailed);
  }
  if (absl::IsCancelled(report.status)) exit_code = kExitInterrupted;
  if (!report.status.ok()) {
    shell_.output().Note(absl::StrCat(command_, ": ", std::string(report.status.message())));
  }
  shell_.Refresh();
  return exit_code;
}

}  // namespace muster::clustershell
