// IndexBlocks: the numbers of names that have several, as blocks: rack[1-2]n[1-9] is one, of two
// axes. Which blocks a set becomes, and in which order, is as ClusterShell has it; it depends on
// nothing but the set. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace muster::nodeset {

// For each axis its indexes, in the order of IsIndexBefore: all their combinations.
using IndexBlock = std::vector<std::vector<std::string>>;

// `rows`: different ones, each with an index for each of the two or more axes.
std::vector<IndexBlock> BlocksOf(const std::vector<std::vector<std::string>>& rows);

}  // namespace muster::nodeset
