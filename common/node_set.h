// NodeSet: names of nodes, each once, in their order (n2 before n10): what a pattern stands for,
// and how it is said in few words. It knows nothing of which nodes there are. A value; a const one
// is thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>
#include <vector>

namespace muster {

class NodeSet {
 public:
  NodeSet() = default;
  explicit NodeSet(std::vector<std::string> names);
  // Patterns (common/node_pattern.h) separated by commas; an empty text is the empty set.
  // InvalidArgument: what is wrong, and where; or more than NodePattern::kMaxNames names.
  static absl::StatusOr<NodeSet> Parse(absl::string_view text);

  const std::vector<std::string>& names() const { return names_; }
  std::size_t size() const { return names_.size(); }
  bool empty() const { return names_.empty(); }
  bool Contains(absl::string_view name) const;

  // "n[1-3,7],rack[1-2]n[01-10]": Parse of it gives this set.
  std::string Fold() const;

  // Each linear in the size of both.
  NodeSet Union(const NodeSet& other) const;
  NodeSet Minus(const NodeSet& other) const;
  NodeSet Intersection(const NodeSet& other) const;
  NodeSet Xor(const NodeSet& other) const;

  bool operator==(const NodeSet& other) const { return names_ == other.names_; }

 private:
  std::vector<std::string> names_;  // sorted, each once
};

// The names in few words; in any order, and repeated ones are said once.
std::string Fold(std::vector<std::string> names);

}  // namespace muster
