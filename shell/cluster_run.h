// ClusterRun: a long operation on a started cluster as a person sees it: a progress line, Ctrl-C,
// and then what came of each node. The main thread owns it; the operation has one of its own.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/mutex.h"
#include "provision/cluster.h"
#include "shell/progress_line.h"
#include "shell/shell.h"

namespace muster::clustershell {

class ClusterRun {
 public:
  // `command`: for messages, "cluster start". `nodes`: those it is about.
  ClusterRun(Shell& shell, std::string command, std::vector<std::string> nodes);

  using Operation = std::function<provision::Report(const provision::Watch& watch)>;

  // Returns when the operation on the cluster has. A second Ctrl-C ends a process that was given
  // its lines, with 130: what is saved is true, and the next command takes it up. At the prompt it
  // says what is waited for.
  provision::Report Run(provision::Cluster& cluster, const Operation& operation)
      MUSTER_EXCLUDES(mutex_);
  // Tells each node's result, and why it went wrong; the exit code. The shell takes the cluster as
  // it is by the end of the line.
  int Tell(const provision::Report& report);

 private:
  void OnStep(const provision::NodeStep& step) MUSTER_EXCLUDES(mutex_);
  void OnOutput(const provision::PluginOutput& output) MUSTER_EXCLUDES(mutex_);
  void ShowSteps() MUSTER_EXCLUDES(mutex_);
  // Says once for each Ctrl-C what it does.
  void ShowInterrupts(const provision::Cluster& cluster);

  Shell& shell_;
  const std::string command_;
  const std::vector<std::string> nodes_;
  ProgressLine progress_;
  std::vector<bool> has_ended_;
  bool has_output_ = false;         // a plugin speaks, and no progress line in the middle of it
  std::atomic<int> interrupts_{0};  // that were told, which is when the operation hears of them
  Mutex mutex_;
  CondVar changed_;
  bool has_returned_ MUSTER_GUARDED_BY(mutex_) = false;  // the operation
  struct Told {
    provision::NodeStep step;
    std::optional<provision::PluginOutput> output;  // then it is no step
  };
  std::vector<Told> told_ MUSTER_GUARDED_BY(mutex_);  // not looked at yet
};

}  // namespace muster::clustershell
