// NodesetProgram: what muster-nodeset does with its command line: computes one set of nodes, or one
// for each line of standard input, and prints it. One thread.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "common/node_set.h"
#include "shell/nodeset/arranged_nodes.h"
#include "shell/nodeset/configured_nodes.h"
#include "shell/nodeset/nodeset_options.h"
#include "shell/nodeset/output_format.h"

namespace muster::nodeset {

class NodesetProgram {
 public:
  explicit NodesetProgram(const NodesetOptions& options)
      : options_(options), configured_(options.config, options.cluster) {}

  // The exit code; what was wrong has been told.
  int Run();

 private:
  absl::Status RunOnce();
  int RunEach();

  absl::StatusOr<NodeSet> Evaluate(absl::string_view text);
  // Of an argument, every line of which is a node set.
  absl::StatusOr<NodeSet> EvaluateLines(const std::string& text);
  absl::StatusOr<NodeSet> EvaluateStandardInput();
  absl::Status Apply(const Operand& operand, NodeSet& set);
  absl::StatusOr<NodeSet> Compute();

  absl::Status ListGroups(const NodeSet& set);
  absl::StatusOr<NodeSet> Sliced(const NodeSet& set) const;
  NodeSet Picked(const NodeSet& set) const;
  std::vector<ArrangedNodes> Parts(const NodeSet& set) const;
  // Adds to the output.
  absl::Status Print(NodeSet set);
  std::string TextOf(const ArrangedNodes& nodes, std::int64_t min_steps) const;

  const NodesetOptions& options_;
  ConfiguredNodes configured_;
  OutputFormat format_;
  std::string separator_;
  std::string output_;
};

}  // namespace muster::nodeset
