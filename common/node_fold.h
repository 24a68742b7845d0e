// Folding: many names as few words, `n[1-3,7],rack[1-2]n[01-10]`. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

namespace muster {

// `names` in the order of common/node_order.h, each once. What comes back stands for exactly these
// names (common/node_pattern.h). In time that is linear in their number, but for sorting.
std::string FoldSorted(const std::vector<std::string>& names);

}  // namespace muster
