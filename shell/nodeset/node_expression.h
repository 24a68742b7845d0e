// NodeExpression: which nodes a text means, "n[1-9]!n3,@web". One thread.
//
//   EXPRESSION := TERM {OPERATOR TERM}, or nothing: no nodes
//   OPERATOR   := "," union | "!" minus | "&" and | "^" one of the two; equal, from left to right
//   TERM       := a pattern (common/node_pattern.h), or a group "@NAME" or a glob "web*", which are
//                 looked up in the configuration
//
// Around terms there may be blanks.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstddef>

#include "common/node_set.h"
#include "shell/nodeset/configured_nodes.h"

namespace muster::nodeset {

// One set may have no more, and no expression speak of more at once.
inline constexpr std::size_t kMaxNodes = 10'000'000;

// InvalidArgument: what is wrong, and where (three lines, see MarkedText); as ConfiguredNodes gives
// them for groups and globs.
absl::StatusOr<NodeSet> EvaluateExpression(absl::string_view text, ConfiguredNodes& configured);

// The same for numbers alone: "1-5,08,10-20/2".
absl::StatusOr<NodeSet> EvaluateNumbers(absl::string_view text);

}  // namespace muster::nodeset
