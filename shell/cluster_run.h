// ClusterRun: a long operation on a started cluster as a person sees it: a progress line, Ctrl-C,
// and then what came of each node. The main thread owns it; steps come from any thread.
#pragma once

#include <memory>
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

  // For the operation, which runs while this lives.
  provision::Watch watch();
  // Tells each node's result, and why it went wrong; the exit code. The shell has the cluster as it
  // is now.
  int Tell(const provision::Report& report);

 private:
  void OnStep(const provision::NodeStep& step) MUSTER_EXCLUDES(mutex_);
  // On the main thread, ten times a second.
  int Look() MUSTER_EXCLUDES(mutex_);

  Shell& shell_;
  const std::string command_;
  const std::vector<std::string> nodes_;
  ProgressLine progress_;
  std::vector<bool> has_ended_;
  int interrupts_ = 0;  // that were told
  Mutex mutex_;
  std::vector<provision::NodeStep> steps_ MUSTER_GUARDED_BY(mutex_);  // not looked at yet
};

}  // namespace muster::clustershell
