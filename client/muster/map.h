// Map: one command for many items, shared out among the nodes of a cluster. Part of ClusterAPI.h.
//
//   for (const muster::MapResult& result : cluster->map("f({})", {1, 2, 3})) {
//     std::cout << result.index << ": " << result.outcome.value().text() << "\n";
//   }
//
// A node has a few items at a time, more of short ones, so that none idles and none hoards; who is
// quicker gets more. When a node is not there its items go to others; when it is lost in the middle
// they do if the work is idempotent, and else each is told as lost.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "export.h"
#include "outcome.h"

namespace muster {

// What takes the place of {} in a template: in Python a literal, in a shell line a quoted word, in
// an argv the bare text. A value.
class MUSTER_EXPORT Item {
 public:
  Item(bool value);
  Item(std::int64_t value);
  template <typename Integer>
  requires(std::integral<Integer> && !std::same_as<Integer, bool>) Item(Integer value)
      : Item(FromInteger(value)) {}
  // Infinite and NaN too.
  Item(double value);
  // UTF-8; what is none goes as Python's os.fsdecode() reads it.
  Item(const std::string& text);
  Item(const char* text) : Item(std::string(text)) {}
  // A list; in a shell line its items as words beside each other.
  Item(const std::vector<Item>& items);
  // A bytes object.
  static Item bytes(const std::string& bytes);
  // Python that stands in the command as it is: literal("x[3]").
  static Item literal(std::string python);

  const std::string& python() const { return python_; }
  const std::string& text() const { return text_; }
  const std::string& words() const { return words_; }  // quoted for sh

 private:
  Item(std::string python, std::string text);
  template <typename Integer>
  static Item FromInteger(Integer value) {
    if constexpr (std::unsigned_integral<Integer>) {
      return FromUnsigned(value);
    } else {
      return Item(static_cast<std::int64_t>(value));
    }
  }
  static Item FromUnsigned(std::uint64_t value);

  std::string python_;
  std::string text_;
  std::string words_;
};

struct MapProgress {
  std::size_t done = 0;              // items that have their result
  std::size_t failed = 0;            // of them, those that are not ok
  std::size_t running = 0;           // at nodes
  std::optional<std::size_t> total;  // when the number of items is known
  std::chrono::milliseconds elapsed{0};
};

struct MapResult {
  std::size_t index = 0;  // of the item, from 0
  Outcome outcome;        // its node is the one that it ran on last
  int moves = 0;          // how often it was given to another node
};

// The results of ClusterAPI::map(): an input range, and what is under way behind it. Nothing runs
// but between its first use and its end, and only while somebody takes results: an iterator of
// items is read as far as there is room for them. A movable handle; one thread at a time, but for
// cancel(). Its end cancels what runs.
class MUSTER_EXPORT Map {
 public:
  class Iterator;

  Map(Map&&) noexcept;
  Map& operator=(Map&&) noexcept;
  ~Map();

  // The next result; blocks until there is one. Empty: every item has had its.
  std::optional<MapResult> next();
  Iterator begin();
  std::default_sentinel_t end() const { return {}; }

  // What runs is stopped, and what has not begun is not: results come still, of cancelled ones too.
  // Thread-safe.
  void cancel();

  // Behind the handle; defined by the library.
  class State;
  explicit Map(std::unique_ptr<State> state);

 private:
  std::unique_ptr<State> state_;
};

class Map::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = MapResult;
  using difference_type = std::ptrdiff_t;
  using pointer = const MapResult*;
  using reference = const MapResult&;

  Iterator() = default;
  explicit Iterator(Map* map) : map_(map) { ++*this; }
  const MapResult& operator*() const { return *result_; }
  const MapResult* operator->() const { return &*result_; }
  Iterator& operator++() {
    result_ = map_->next();
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return !result_.has_value(); }

 private:
  Map* map_ = nullptr;
  std::optional<MapResult> result_;
};

inline Map::Iterator Map::begin() { return Iterator(this); }

// Gives the items one after the other; empty: there are no more.
using ItemSource = std::function<std::optional<Item>()>;

}  // namespace muster
