// Slot: something countable of this node, of which an execution that asks holds some for itself.
// What the configuration says, and what requests may ask of it. Plain data and pure functions.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace muster::server {

struct Slot {
  std::string name;
  std::uint64_t total = 0;
  // Those that are told apart, "0" to total - 1 or as the configuration calls them. None of `cores`
  // and `memory`, which are only counted.
  std::vector<std::string> labels = {};
};

// So many of the slot at this place in the list of the node's.
struct SlotAsk {
  std::size_t slot = 0;
  std::uint64_t count = 0;

  bool operator==(const SlotAsk&) const = default;
};
// Each slot once, in the order of the list.
using SlotAsks = std::vector<SlotAsk>;

// Of "gpu=2, license=4, disk=sda|sdb, memory=64G": how many, or what they are called. Separated by
// commas or lines. InvalidArgument says what is valid.
absl::StatusOr<std::vector<Slot>> ParseSlots(const std::string& text);

// By name, with `cores` and `memory` as this machine has them where the configuration did not say.
std::vector<Slot> WithBuiltIn(std::vector<Slot> slots, std::uint64_t cores,
                              std::uint64_t memory_bytes);

// What of these names, of which the caller may have chosen any bytes, the node is asked for.
// InvalidArgument says what it has not.
struct NamedCount {
  absl::string_view name;
  std::uint64_t count = 0;
};
absl::StatusOr<SlotAsks> MatchSlots(const std::vector<Slot>& slots,
                                    const std::vector<NamedCount>& wanted);

// "gpu=2, memory=64 GiB", for a person.
std::string DescribeSlots(const std::vector<Slot>& slots);

}  // namespace muster::server
