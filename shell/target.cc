#include "shell/target.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <fnmatch.h>

#include <algorithm>

namespace muster::clustershell {
namespace {

// "1-3, n1, n2, n3 or *", at most eight names.
std::string ValidTargets(const std::vector<Node>& nodes) {
  if (nodes.empty()) return "none: the cluster has no nodes";
  constexpr std::size_t kNames = 8;
  std::string text = nodes.size() == 1 ? "1" : absl::StrCat("1-", nodes.size());
  for (std::size_t i = 0; i < std::min(nodes.size(), kNames); ++i) {
    absl::StrAppend(&text, ", ", nodes[i].name);
  }
  if (nodes.size() > kNames) absl::StrAppend(&text, ", … (", nodes.size() - kNames, " more)");
  return absl::StrCat(text, " or *");
}

bool IsNumber(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return absl::ascii_isdigit(c); });
}

// An index that exists, or 0.
int ParseIndex(absl::string_view text, std::size_t count) {
  int index = 0;
  if (!IsNumber(text) || !absl::SimpleAtoi(text, &index)) return 0;
  return static_cast<std::size_t>(index) <= count ? index : 0;
}

std::vector<int> ParseTerm(absl::string_view term, const std::vector<Node>& nodes) {
  std::vector<int> found;
  const std::pair<absl::string_view, absl::string_view> range =
      absl::StrSplit(term, absl::MaxSplits('-', 1));
  if (IsNumber(term)) {
    if (const int index = ParseIndex(term, nodes.size())) found.push_back(index);
  } else if (IsNumber(range.first) && IsNumber(range.second)) {
    const int first = ParseIndex(range.first, nodes.size());
    const int last = ParseIndex(range.second, nodes.size());
    if (first == 0) return found;
    for (int index = first; index <= last; ++index) found.push_back(index);
  } else if (!term.empty() && term.find_first_of("[]\\") == absl::string_view::npos) {
    // Without those, fnmatch knows * and ? only.
    const std::string pattern(term);
    for (const Node& node : nodes) {
      if (::fnmatch(pattern.c_str(), node.name.c_str(), 0) == 0) found.push_back(node.index);
    }
  }
  return found;
}

}  // namespace

absl::StatusOr<std::vector<int>> ParseTarget(absl::string_view target,
                                             const std::vector<Node>& nodes) {
  std::vector<int> chosen;
  for (absl::string_view term : absl::StrSplit(target, ',')) {
    const std::vector<int> found = ParseTerm(term, nodes);
    if (found.empty()) {
      return absl::NotFoundError(absl::StrCat(
          "target '", target, "': ", term.empty() ? "an empty term" : absl::StrCat("'", term, "'"),
          " names no node, so nothing was run; valid here: ", ValidTargets(nodes)));
    }
    for (int index : found) {
      if (std::find(chosen.begin(), chosen.end(), index) == chosen.end()) chosen.push_back(index);
    }
  }
  return chosen;
}

}  // namespace muster::clustershell
