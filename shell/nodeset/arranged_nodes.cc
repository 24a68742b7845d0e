#include "shell/nodeset/arranged_nodes.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include <algorithm>
#include <map>
#include <utility>

#include "shell/nodeset/index_runs.h"

namespace muster::nodeset {
namespace {

// More digits are text.
constexpr std::size_t kMaxDigits = 18;

using Row = std::vector<std::string>;  // the numbers of a name

struct Cut {
  std::string key;  // "rack%sn%s", by which families are sorted
  std::vector<std::string> texts;
  Row numbers;
};

Cut CutName(absl::string_view name) {
  Cut cut;
  cut.texts.emplace_back();
  for (std::size_t at = 0; at < name.size();) {
    std::size_t end = at;
    while (end < name.size() && absl::ascii_isdigit(static_cast<unsigned char>(name[end]))) ++end;
    if (end > at && end - at <= kMaxDigits) {
      cut.numbers.emplace_back(name.substr(at, end - at));
      cut.key += "%s";
      cut.texts.emplace_back();
    } else {
      end = std::max(end, at + 1);
      absl::StrAppend(&cut.key, name[at] == '%' ? "%" : "", name.substr(at, end - at));
      cut.texts.back().append(name.data() + at, end - at);
    }
    at = end;
  }
  return cut;
}

struct Members {
  std::vector<std::string> texts;
  std::vector<Row> rows;
};

IndexBlock OneAxis(std::vector<Row> rows) {
  IndexBlock block(1);
  block[0].reserve(rows.size());
  for (Row& row : rows) block[0].push_back(std::move(row[0]));
  if (!std::is_sorted(block[0].begin(), block[0].end(), IsIndexBefore)) {
    std::sort(block[0].begin(), block[0].end(), IsIndexBefore);
  }
  return block;
}

// Calls with the place in each axis, for all combinations; the last axis turns fastest.
template <typename Reaction>
void ForEachCombination(const std::vector<std::size_t>& sizes, const Reaction& reaction) {
  std::vector<std::size_t> places(sizes.size());
  while (true) {
    reaction(places);
    std::size_t axis = sizes.size();
    while (axis > 0 && ++places[axis - 1] == sizes[axis - 1]) places[--axis] = 0;
    if (axis == 0) return;
  }
}

}  // namespace

ArrangedNodes::ArrangedNodes(const NodeSet& nodes) : size_(nodes.size()) {
  std::map<std::string, Members> members;
  for (const std::string& name : nodes.names()) {
    Cut cut = CutName(name);
    Members& family = members[std::move(cut.key)];
    if (family.texts.empty()) family.texts = std::move(cut.texts);
    family.rows.push_back(std::move(cut.numbers));
  }
  for (auto& [key, family] : members) {
    Family arranged{std::move(family.texts), {}};
    if (arranged.texts.size() == 2) arranged.blocks.push_back(OneAxis(std::move(family.rows)));
    if (arranged.texts.size() > 2) arranged.blocks = BlocksOf(family.rows);
    families_.push_back(std::move(arranged));
  }
}

void ArrangedNodes::AppendNames(const Family& family, const IndexBlock& block,
                                std::vector<std::string>& names) {
  std::vector<std::size_t> sizes;
  for (const std::vector<std::string>& axis : block) sizes.push_back(axis.size());
  ForEachCombination(sizes, [&](const std::vector<std::size_t>& places) {
    std::string name = family.texts[0];
    for (std::size_t axis = 0; axis < places.size(); ++axis) {
      absl::StrAppend(&name, block[axis][places[axis]], family.texts[axis + 1]);
    }
    names.push_back(std::move(name));
  });
}

std::vector<std::string> ArrangedNodes::Names() const {
  std::vector<std::string> names;
  names.reserve(size_);
  for (const Family& family : families_) {
    if (family.blocks.empty()) names.push_back(family.texts[0]);
    for (const IndexBlock& block : family.blocks) AppendNames(family, block, names);
  }
  return names;
}

std::string ArrangedNodes::Fold(std::int64_t min_steps) const {
  std::string text;
  for (const Family& family : families_) {
    if (family.blocks.empty()) absl::StrAppend(&text, text.empty() ? "" : ",", family.texts[0]);
    for (const IndexBlock& block : family.blocks) {
      absl::StrAppend(&text, text.empty() ? "" : ",", family.texts[0]);
      for (std::size_t axis = 0; axis < block.size(); ++axis) {
        const bool is_one = block[axis].size() == 1;
        absl::StrAppend(&text, is_one ? "" : "[", TextOf(RunsOf(block[axis], min_steps)),
                        is_one ? "" : "]", family.texts[axis + 1]);
      }
    }
  }
  return text;
}

std::string ArrangedNodes::FoldNumbers(std::int64_t min_steps) const {
  return families_.empty() ? "" : TextOf(RunsOf(families_[0].blocks[0][0], min_steps));
}

std::vector<ArrangedNodes> ArrangedNodes::Contiguous() const {
  std::vector<ArrangedNodes> result;
  for (const Family& family : families_) {
    if (family.blocks.empty()) result.push_back(ArrangedNodes(NodeSet({family.texts[0]})));
    for (const IndexBlock& block : family.blocks) {
      std::vector<std::vector<IndexRun>> runs;
      std::vector<std::size_t> sizes;
      for (const std::vector<std::string>& axis : block) {
        runs.push_back(RunsOf(axis, kNoSteps));
        sizes.push_back(runs.back().size());
      }
      ForEachCombination(sizes, [&](const std::vector<std::size_t>& places) {
        IndexBlock part(places.size());
        for (std::size_t axis = 0; axis < places.size(); ++axis) {
          Expand(runs[axis][places[axis]], part[axis]);
        }
        std::vector<std::string> names;
        AppendNames(family, part, names);
        result.push_back(ArrangedNodes(NodeSet(std::move(names))));
      });
    }
  }
  return result;
}

}  // namespace muster::nodeset
