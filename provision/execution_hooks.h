// ExecutionHooks: pre_execute and post_execute around what runs on nodes. Nothing is done, nor
// started, where no hooks are switched on. Thread-safe.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::provision {

// One call as hooks see it.
struct HookedExecution {
  std::string cluster;
  std::string kind;                   // "shell", "python", "argv", "setup", "program", "terminal"
  std::string command;                // its text; of argv the words, quoted
  bool has_fixed_command = false;     // whether hooks only may look at it
  std::vector<std::string> targets;   // names of nodes
  std::vector<std::string> nodes;     // those that targets may name; empty: targets are fixed
  ExecuteOptions* options = nullptr;  // environment and deadline may change
};

// "shell", "python" or "argv".
std::string KindForHooks(const Command& command);
std::string CommandForHooks(const Command& command);

// Calls pre_execute, which may change the execution. Aborted: a veto, in words for the user; then
// nothing is sent.
absl::Status BeforeExecution(HookedExecution& execution, const std::function<bool()>& gives_up);
// Calls post_execute. What a hook thinks of it is too late to matter.
void AfterExecution(const HookedExecution& execution, const std::vector<Outcome>& outcomes);

}  // namespace muster::provision
