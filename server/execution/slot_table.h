// SlotTable: which slots of the node are free, and who holds which. Gives all that is asked for
// together, or nothing; who waits and in which order is SlotQueue's. Event loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/execution/slot.h"

namespace muster::server {

// What one execution holds.
struct SlotGrant {
  struct Part {
    std::size_t slot = 0;
    std::uint64_t count = 0;
    std::vector<std::size_t> labels = {};  // places in the slot's labels, ascending
  };
  std::vector<Part> parts;
};

class SlotTable {
 public:
  explicit SlotTable(std::vector<Slot> slots);

  const std::vector<Slot>& slots() const { return slots_; }
  std::uint64_t FreeOf(std::size_t slot) const { return free_[slot].count; }

  bool HasFree(const SlotAsks& asks) const;
  // Empty: not all are free, and none was taken. The lowest labels go first.
  std::optional<SlotGrant> Take(const SlotAsks& asks);
  void GiveBack(const SlotGrant& grant);

  // What the holder is told, NAME=VALUE: MUSTER_SLOT_GPU=0,1, and of gpu CUDA_VISIBLE_DEVICES too.
  std::vector<std::string> Environment(const SlotGrant& grant) const;

 private:
  struct Free {
    std::uint64_t count = 0;
    std::set<std::size_t> labels;
  };

  const std::vector<Slot> slots_;
  std::vector<Free> free_;  // as slots_
};

}  // namespace muster::server
