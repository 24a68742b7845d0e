// The nodes that a line is meant for. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {

struct ChosenNodes {
  std::vector<Node> nodes;  // in the order of the target; empty: it is wrong, and that was said
  int exit_code = kExitOk;  // then not kExitOk
};

// Folded.
std::string NamesOf(const std::vector<Node>& nodes);

// Turns the line to another cluster (ClusterView::TurnTo) when the target is its name, or begins
// with cluster=NAME. The result: the target as it is meant there, or here.
std::string TurnToCluster(Shell& shell, absl::string_view target);

// Says on stderr, with the place, what is wrong with the target. An empty one means all nodes. One
// of another cluster turns the line to it, as above.
ChosenNodes ChooseNodes(Shell& shell, absl::string_view target);

// The target with which the line begins, and the rest of it without the blanks in front. Quotes may
// hold blanks of a target.
std::pair<absl::string_view, absl::string_view> SplitTarget(absl::string_view line);

}  // namespace muster::clustershell
