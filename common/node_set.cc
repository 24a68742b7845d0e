#include "common/node_set.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/marked_text.h"
#include "common/node_fold.h"
#include "common/node_order.h"
#include "common/node_pattern.h"
#include "common/status_macros.h"

namespace muster {
namespace {

// The comma behind the pattern at `at`, or the end.
std::size_t EndOfPattern(absl::string_view text, std::size_t at) {
  bool in_bracket = false;
  for (; at < text.size() && (in_bracket || text[at] != ','); ++at) {
    if (text[at] == '[') in_bracket = true;
    if (text[at] == ']') in_bracket = false;
  }
  return at;
}

}  // namespace

NodeSet::NodeSet(std::vector<std::string> names) : names_(std::move(names)) {
  // What a range stands for is sorted already.
  if (!std::is_sorted(names_.begin(), names_.end(), ComesBefore)) {
    std::sort(names_.begin(), names_.end(), ComesBefore);
  }
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

absl::StatusOr<NodeSet> NodeSet::Parse(absl::string_view text) {
  const MarkedText marked("node set", std::string(text));
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = EndOfPattern(text, begin);
    ASSIGN_OR_RETURN(const NodePattern pattern, NodePattern::Parse(marked, begin, end));
    if (pattern.has_glob()) {
      return marked.Error(absl::StatusCode::kInvalidArgument, begin,
                          "expected names; * and ? stand for nothing here");
    }
    if (names.size() + pattern.count() > NodePattern::kMaxNames) {
      return marked.Error(
          absl::StatusCode::kInvalidArgument, begin,
          absl::StrCat("with this there are more than ", NodePattern::kMaxNames, " names"));
    }
    pattern.Expand(names);
    if (end + 1 == text.size()) {
      return marked.Error(absl::StatusCode::kInvalidArgument, text.size(),
                          "expected the name of a node here");
    }
    begin = end + 1;
  }
  return NodeSet(std::move(names));
}

bool NodeSet::Contains(absl::string_view name) const {
  const auto place = std::lower_bound(names_.begin(), names_.end(), name, ComesBefore);
  return place != names_.end() && *place == name;
}

std::string NodeSet::Fold() const { return FoldSorted(names_); }

NodeSet NodeSet::Union(const NodeSet& other) const {
  NodeSet result;
  std::set_union(names_.begin(), names_.end(), other.names_.begin(), other.names_.end(),
                 std::back_inserter(result.names_), ComesBefore);
  return result;
}

NodeSet NodeSet::Minus(const NodeSet& other) const {
  NodeSet result;
  std::set_difference(names_.begin(), names_.end(), other.names_.begin(), other.names_.end(),
                      std::back_inserter(result.names_), ComesBefore);
  return result;
}

NodeSet NodeSet::Intersection(const NodeSet& other) const {
  NodeSet result;
  std::set_intersection(names_.begin(), names_.end(), other.names_.begin(), other.names_.end(),
                        std::back_inserter(result.names_), ComesBefore);
  return result;
}

NodeSet NodeSet::Xor(const NodeSet& other) const {
  NodeSet result;
  std::set_symmetric_difference(names_.begin(), names_.end(), other.names_.begin(),
                                other.names_.end(), std::back_inserter(result.names_), ComesBefore);
  return result;
}

std::string Fold(std::vector<std::string> names) { return NodeSet(std::move(names)).Fold(); }

}  // namespace muster
