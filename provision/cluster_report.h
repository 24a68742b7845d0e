// How a long operation of a cluster is watched, and what came of it.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

// A step of a node, as it happens: for progress bars and logs. Called from any thread, not under a
// lock.
struct NodeStep {
  std::string node;
  NodeState state = NodeState::kDefined;
  std::string text;  // "starting", "alive", or why not
};

// A piece of what a plugin prints, as it was printed.
struct PluginOutput {
  bool is_error = false;
  std::string text;
};

// How a long operation is watched and ended.
struct Watch {
  std::function<void(const NodeStep&)> on_step;
  // Asked every 100 ms by the thread that called. Once it says yes nothing new is begun; what is
  // under way is waited for and saved. Asked again: twice yes, and it is not waited for.
  std::function<int()> interrupts;
  // What went wrong around it, with a plugin or a hook, in one line; the operation goes on.
  std::function<void(const std::string&)> on_note;
  // What plugins print, while they run. None: it goes to stdout and stderr.
  std::function<void(const PluginOutput&)> on_output;
};

// What came of it, node by node.
struct NodeResult {
  std::string node;
  bool ok = false;
  std::string text;  // "alive after 0.1 s", "was alive", or why not
};

struct Report {
  std::vector<NodeResult> nodes;
  // Ok: all that was promised holds. OutOfRange: fewer than min_nodes live (ClusterSizeError).
  // DeadlineExceeded: the time-out, and the cluster was stopped (or kept). Cancelled: interrupted.
  // Else: what failed first.
  absl::Status status;
};

}  // namespace muster::provision
