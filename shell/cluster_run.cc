#include "shell/cluster_run.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "common/node_set.h"
#include "shell/cluster_records.h"
#include "shell/exit_code.h"

namespace muster::clustershell {
namespace {

using provision::NodeState;

constexpr std::chrono::milliseconds kLookEvery{50};

// Whether a node is where the operation wants it, or never will be.
bool IsEnd(NodeState state) {
  return state == NodeState::kRunning || state == NodeState::kFailed ||
         state == NodeState::kDefined || state == NodeState::kPaused;
}

// "starting compute[001-003], stopping frontend001"; empty: nothing is.
std::string UnderWay(const provision::ClusterRecord& record) {
  std::map<std::string, std::vector<std::string>> names;  // by intent
  for (const provision::NodeRecord& node : record.nodes) {
    if (!IsEnd(node.state)) names[provision::NameOf(node.state)].push_back(node.name);
  }
  return absl::StrJoin(names, ", ", [](std::string* out, const auto& intent) {
    absl::StrAppend(out, intent.first, " ", Fold(intent.second));
  });
}

}  // namespace

ClusterRun::ClusterRun(Shell& shell, std::string command, std::vector<std::string> nodes)
    : shell_(shell),
      command_(std::move(command)),
      nodes_(std::move(nodes)),
      progress_(shell.output(), nodes_, false, shell.defaults().report.is_quiet),
      has_ended_(nodes_.size(), false) {}

provision::Report ClusterRun::Run(provision::Cluster& cluster, const Operation& operation) {
  provision::Watch watch;
  watch.on_step = [this](const provision::NodeStep& step) { OnStep(step); };
  watch.on_note = [this](const std::string& text) { OnStep({"", NodeState::kDefined, text}); };
  watch.on_output = [this](const provision::PluginOutput& output) { OnOutput(output); };
  watch.interrupts = [this] { return interrupts_.load(); };
  provision::Report report;
  std::thread thread([&] {
    report = operation(watch);
    const MutexLock lock(mutex_);
    has_returned_ = true;
    changed_.NotifyAll();
  });
  while (true) {
    {
      const auto next = std::chrono::steady_clock::now() + kLookEvery;
      const MutexLock lock(mutex_);
      while (!has_returned_ && changed_.WaitUntil(mutex_, next)) {
      }
      if (has_returned_) break;
    }
    ShowSteps();
    ShowInterrupts(cluster);
    if (!has_output_) progress_.Show();
  }
  thread.join();
  ShowSteps();
  return report;
}

void ClusterRun::OnStep(const provision::NodeStep& step) {
  const MutexLock lock(mutex_);
  told_.push_back({step, std::nullopt});
}

void ClusterRun::OnOutput(const provision::PluginOutput& output) {
  const MutexLock lock(mutex_);
  told_.push_back({{}, output});
}

void ClusterRun::ShowSteps() {
  std::vector<Told> all;
  {
    const MutexLock lock(mutex_);
    all.swap(told_);
  }
  for (const auto& [step, output] : all) {
    if (output) {
      progress_.Wipe();
      has_output_ = true;
      shell_.output().Raw(output->is_error ? Output::Stream::kStderr : Output::Stream::kStdout,
                          output->text);
      continue;
    }
    if (step.node.empty()) {  // it is about all of them
      progress_.Wipe();
      shell_.output().Note(absl::StrCat(command_, ": ", step.text));
      continue;
    }
    const auto node = std::find(nodes_.begin(), nodes_.end(), step.node);
    const auto place = static_cast<std::size_t>(node - nodes_.begin());
    if (node == nodes_.end() || has_ended_[place] || !IsEnd(step.state)) continue;
    has_ended_[place] = true;
    Outcome outcome;
    outcome.kind = step.state == NodeState::kFailed ? Outcome::Kind::kFailed : Outcome::Kind::kOk;
    progress_.OnEnd(place, outcome);
  }
}

void ClusterRun::ShowInterrupts(const provision::Cluster& cluster) {
  const int interrupts = shell_.signals().interrupts();
  if (interrupts == interrupts_) return;
  progress_.Wipe();
  if (shell_.output().IsTerminal(Output::Stream::kStderr)) {
    shell_.output().Raw(Output::Stream::kStderr, "\n");
  }
  const bool may_leave = !shell_.is_interactive();
  if (interrupts == 1) {
    shell_.output().Note(
        absl::StrCat("nothing more is begun; what is under way is waited for and saved",
                     may_leave ? " (Ctrl-C again: not waited for)" : ""));
    interrupts_ = interrupts;
    return;
  }
  const provision::ClusterRecord record = cluster.record();
  const std::string under_way = UnderWay(record);
  if (!may_leave) {
    shell_.output().Note(absl::StrCat(
        "waiting for the provider to answer", under_way.empty() ? "" : " about ", under_way,
        "; a call of it cannot be left from the prompt, only by the end of the shell"));
    interrupts_ = interrupts;
    return;
  }
  shell_.output().Note(absl::StrCat(
      command_, ": not waited for", under_way.empty() ? "" : ": ", under_way,
      under_way.empty() ? "" : ", which is saved", "; `cluster status ", record.name,
      "` says what came of it, `cluster start` goes on and `cluster delete` removes it"));
  const int ending = shell_.signals().ending();
  // Threads of the operation still run, so nothing may be taken down under them.
  ::_exit(ending != 0 ? 128 + ending : kExitInterrupted);
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
  shell_.OnOwnChange();
  return exit_code;
}

}  // namespace muster::clustershell
