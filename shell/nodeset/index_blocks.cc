#include "shell/nodeset/index_blocks.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <utility>

#include "shell/nodeset/index_runs.h"

namespace muster::nodeset {
namespace {

using Id = std::uint32_t;  // of an index, its place among those of its axis

// The finaliser of splitmix64: every bit of the argument changes half of the result's.
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// One axis of all rows.
struct Axis {
  std::vector<std::string> indexes;  // by Id
  std::vector<Id> text_order;        // by Id, the place when sorted as text
};

Axis AxisOf(const std::vector<std::vector<std::string>>& rows, std::size_t axis,
            std::vector<std::vector<Id>>& ids) {
  std::unordered_map<std::string, Id> found;
  Axis result;
  for (const auto& row : rows) {
    if (found.try_emplace(row[axis], 0).second) result.indexes.push_back(row[axis]);
  }
  std::sort(result.indexes.begin(), result.indexes.end(), IsIndexBefore);
  std::vector<Id> as_text(result.indexes.size());
  for (Id id = 0; id < as_text.size(); ++id) {
    found[result.indexes[id]] = id;
    as_text[id] = id;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) ids[i].push_back(found[rows[i][axis]]);
  std::sort(as_text.begin(), as_text.end(),
            [&result](Id a, Id b) { return result.indexes[a] < result.indexes[b]; });
  result.text_order.resize(as_text.size());
  for (Id place = 0; place < as_text.size(); ++place) result.text_order[as_text[place]] = place;
  return result;
}

// The indexes of one axis of a block. Of two the sum of their hashes tells whether they are equal:
// that is wrong once in 2^64 comparisons.
struct Side {
  std::vector<Id> ids;  // in any order
  std::uint64_t hash = 0;
  Id first = 0;
  Id last = 0;

  explicit Side(Id id) : ids{id}, hash(Mix(id)), first(id), last(id) {}
  bool IsEqual(const Side& other) const {
    return hash == other.hash && ids.size() == other.ids.size();
  }
  void Add(const Side& other) {
    ids.insert(ids.end(), other.ids.begin(), other.ids.end());
    hash += other.hash;
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
};

struct Block {
  std::vector<Side> sides;
  std::uint64_t size = 1;

  // Of all sides but one.
  std::uint64_t HashWithout(std::size_t axis) const {
    std::uint64_t hash = Mix(axis);
    for (std::size_t i = 0; i < sides.size(); ++i) {
      if (i != axis) hash = Mix(hash ^ sides[i].hash);
    }
    return hash;
  }
};

// Makes one block of both if that is one, which they are when they differ in one axis: no two
// blocks have a row in common.
bool Merge(Block& into, const Block& other) {
  std::size_t different = into.sides.size();
  for (std::size_t i = 0; i < into.sides.size(); ++i) {
    if (into.sides[i].IsEqual(other.sides[i])) continue;
    if (different < into.sides.size()) return false;
    different = i;
  }
  into.sides[different].Add(other.sides[different]);
  into.size += other.size;
  return true;
}

class BlockFolder {
 public:
  explicit BlockFolder(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::vector<Id>> ids(rows.size());
    std::uint64_t combinations = 1;
    for (std::size_t axis = 0; axis < rows[0].size(); ++axis) {
      axes_.push_back(AxisOf(rows, axis, ids));
      const std::uint64_t count = axes_.back().indexes.size();
      const bool is_more = combinations > rows.size() / count;
      combinations = is_more ? std::numeric_limits<std::uint32_t>::max() : combinations * count;
    }
    is_one_block_ = combinations == rows.size();
    if (is_one_block_) return;
    blocks_.resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (const Id id : ids[i]) blocks_[i].sides.emplace_back(id);
    }
  }

  std::vector<IndexBlock> Fold() {
    if (is_one_block_) {
      IndexBlock block;
      for (Axis& axis : axes_) block.push_back(std::move(axis.indexes));
      return {std::move(block)};
    }
    // First what stands side by side only: that is quick, and leaves little.
    do Sort();
    while (MergeNeighbours());
    while (true) {
      Sort();
      if (!MergeAny()) break;
    }
    return Named();
  }

 private:
  // Large blocks first, then those with more indexes in an early axis, then the first index and the
  // last as text.
  bool IsBefore(const Block& a, const Block& b) const {
    if (a.size != b.size) return a.size > b.size;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const Side& left = a.sides[i];
      const Side& right = b.sides[i];
      if (left.ids.size() != right.ids.size()) return left.ids.size() > right.ids.size();
      const std::vector<Id>& order = axes_[i].text_order;
      if (left.first != right.first) return order[left.first] < order[right.first];
      if (left.last != right.last) return order[left.last] < order[right.last];
    }
    return false;
  }

  void Sort() {
    std::stable_sort(blocks_.begin(), blocks_.end(),
                     [this](const Block& a, const Block& b) { return IsBefore(a, b); });
  }

  // Whether there was something to merge.
  bool MergeNeighbours() {
    const std::size_t before = blocks_.size();
    std::size_t kept = 0;
    for (std::size_t i = 1; i < before; ++i) {
      if (Merge(blocks_[kept], blocks_[i])) continue;
      if (++kept != i) blocks_[kept] = std::move(blocks_[i]);
    }
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(kept) + 1, blocks_.end());
    return blocks_.size() < before;
  }

  // Each takes in what it can of those behind it, in their order.
  bool MergeAny() {
    // By what two blocks that can be merged have in common, the places of the blocks.
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> alike;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
        alike[blocks_[i].HashWithout(axis)].push_back(i);
      }
    }
    std::vector<bool> is_gone(blocks_.size());
    bool changed = false;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (is_gone[i]) continue;
      for (std::size_t at = i; (at = NextAlike(alike, is_gone, blocks_[i], at)) < blocks_.size();) {
        if (!Merge(blocks_[i], blocks_[at])) continue;
        is_gone[at] = true;
        changed = true;
      }
    }
    std::vector<Block> left;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (!is_gone[i]) left.push_back(std::move(blocks_[i]));
    }
    blocks_ = std::move(left);
    return changed;
  }

  // The first place behind `at` that may be merged with the block; the number of blocks: there is
  // none.
  std::size_t NextAlike(const std::unordered_map<std::uint64_t, std::vector<std::size_t>>& alike,
                        const std::vector<bool>& is_gone, const Block& block,
                        std::size_t at) const {
    std::size_t next = blocks_.size();
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      const auto found = alike.find(block.HashWithout(axis));
      if (found == alike.end()) continue;
      const std::vector<std::size_t>& places = found->second;
      auto place = std::upper_bound(places.begin(), places.end(), at);
      while (place != places.end() && is_gone[*place]) ++place;
      if (place != places.end()) next = std::min(next, *place);
    }
    return next;
  }

  std::vector<IndexBlock> Named() {
    std::vector<IndexBlock> result;
    for (Block& block : blocks_) {
      IndexBlock named(axes_.size());
      for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
        std::vector<Id>& ids = block.sides[axis].ids;
        std::sort(ids.begin(), ids.end());
        for (const Id id : ids) named[axis].push_back(axes_[axis].indexes[id]);
      }
      result.push_back(std::move(named));
    }
    return result;
  }

  std::vector<Axis> axes_;
  bool is_one_block_ = false;
  std::vector<Block> blocks_;
};

}  // namespace

std::vector<IndexBlock> BlocksOf(const std::vector<std::vector<std::string>>& rows) {
  return BlockFolder(rows).Fold();
}

}  // namespace muster::nodeset
