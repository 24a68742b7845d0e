// ArrangedNodes: a set of nodes in the order of ClusterShell, and folded as it folds: names that
// differ in their numbers only are a family; families stand in the order of their texts, names in
// that of their blocks. (NodeSet has the order in which a person counts, and folds in linear time.)
// Immutable; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/node_set.h"
#include "shell/nodeset/index_blocks.h"

namespace muster::nodeset {

class ArrangedNodes {
 public:
  // Their names may be any texts.
  explicit ArrangedNodes(const NodeSet& nodes);

  std::size_t size() const { return size_; }
  std::vector<std::string> Names() const;
  // In few words; `min_steps` as RunsOf has it.
  std::string Fold(std::int64_t min_steps) const;
  // Of names that are numbers: without brackets.
  std::string FoldNumbers(std::int64_t min_steps) const;
  // Sets of names without a gap.
  std::vector<ArrangedNodes> Contiguous() const;

 private:
  struct Family {
    std::vector<std::string> texts;  // in front of each number, and behind the last
    std::vector<IndexBlock> blocks;  // none: a name without numbers
  };

  static void AppendNames(const Family& family, const IndexBlock& block,
                          std::vector<std::string>& names);

  std::vector<Family> families_;
  std::size_t size_ = 0;
};

}  // namespace muster::nodeset
