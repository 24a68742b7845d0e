// SlotQueue: executions that wait for slots. Those that ask for the same kinds stand in one line,
// clients in turn as everywhere (FairQueue); who is at the head of a line stays there until it
// starts. A head starts when all that it asks for is free and no other head that came to be one
// before it wants any of these kinds: what falls free is kept for whoever waits longest, so that
// small ones never starve a big one, and lines without a kind in common do not wait for each other.
// Event loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "server/execution/execution.h"
#include "server/execution/fair_queue.h"
#include "server/execution/slot_table.h"

namespace muster::server {

class SlotQueue {
 public:
  explicit SlotQueue(const SlotTable& table) : table_(table), asked_(table.slots().size()) {}

  void Push(std::shared_ptr<Execution> execution);
  // False: it does not wait here.
  bool Remove(const Execution& execution);
  // Whether one may start now that is Python, or is none; Pop takes it out, null: there is none.
  bool HasNext(bool is_python) const { return FindNext(is_python) != heads_.end(); }
  std::shared_ptr<Execution> Pop(bool is_python);

  bool IsEmpty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // Of this slot, all who wait together.
  std::uint64_t AskedOf(std::size_t slot) const { return asked_[slot]; }

 private:
  using Kinds = std::vector<std::size_t>;  // of slots
  struct Line {
    FairQueue behind;
    std::uint64_t head = 0;  // its number in heads_
  };
  using Heads = std::map<std::uint64_t, std::shared_ptr<Execution>>;

  static Kinds KindsOf(const Execution& execution);
  Heads::const_iterator FindNext(bool is_python) const;
  void RemoveHead(Heads::const_iterator head);
  void Leave(const Execution& execution);

  const SlotTable& table_;
  std::map<Kinds, Line> lines_;  // each has a head
  Heads heads_;                  // by when they came to be heads
  std::uint64_t next_head_ = 0;
  std::size_t size_ = 0;
  std::vector<std::uint64_t> asked_;
};

}  // namespace muster::server
