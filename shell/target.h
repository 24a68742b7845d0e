// Target: which nodes a line is meant for, as the user wrote it. Pure; thread-safe.
//
//   TARGET := TERM {"," TERM}
//   TERM   := INDEX | INDEX "-" INDEX | NAME | GLOB of names, with * and ?
//
// An index counts from 1 in the order of the configuration. Every term has to name a node: a
// mistyped target never becomes fewer nodes, other nodes or all of them.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

// The indices of the nodes meant, each once, in the order in which the terms name them. NotFound
// says which term names none, and which targets there are.
absl::StatusOr<std::vector<int>> ParseTarget(absl::string_view target,
                                             const std::vector<Node>& nodes);

}  // namespace muster::clustershell
