#include "server/execution/slot.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <set>

#include "common/quantity.h"
#include "common/slot_name.h"
#include "common/status_macros.h"

namespace muster::server {
namespace {

constexpr absl::string_view kCores = "cores";
constexpr absl::string_view kMemory = "memory";
// All their labels still fit into one variable of an environment.
constexpr std::size_t kMostLabels = 10'000;
constexpr std::size_t kMostLabelBytes = 100'000;
constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 50;

bool IsCounted(absl::string_view name) { return name == kCores || name == kMemory; }

// The first character is no sign: "-1" is meant as a number.
bool IsLabel(absl::string_view label) {
  const auto is_valid = [](unsigned char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("_-.:/", static_cast<char>(c));
  };
  return !label.empty() && label[0] != '-' && std::all_of(label.begin(), label.end(), is_valid);
}

absl::Status ReadLabels(absl::string_view value, Slot& slot) {
  std::size_t bytes = 0;
  std::set<absl::string_view> seen;
  for (absl::string_view label : absl::StrSplit(value, '|')) {
    label = absl::StripAsciiWhitespace(label);
    if (!IsLabel(label)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", slot.name, "=", value,
                       "\" is neither a number nor names such as sda|sdb, which are made of "
                       "letters, digits, '_', '-', '.', ':' and '/'"));
    }
    if (!seen.insert(label).second) {
      return absl::InvalidArgumentError(absl::StrCat(slot.name, " has \"", label, "\" twice"));
    }
    slot.labels.emplace_back(label);
    bytes += label.size() + 1;
  }
  if (slot.labels.size() > kMostLabels || bytes > kMostLabelBytes) {
    return absl::InvalidArgumentError(absl::StrCat(slot.name, " has more than ", kMostLabels,
                                                   " names, or more than ", kMostLabelBytes,
                                                   " bytes of them"));
  }
  slot.total = slot.labels.size();
  return absl::OkStatus();
}

absl::Status ReadValue(absl::string_view value, Slot& slot) {
  const bool is_number =
      !value.empty() && std::all_of(value.begin(), value.end(),
                                    [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (IsCounted(slot.name)) {
    ASSIGN_OR_RETURN(slot.total, slot.name == kMemory ? ParseSize(value) : ParseCount(value));
    if (slot.total <= kMostCounted) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(slot.name, " is at most ", kMostCounted, ", not ", value));
  }
  if (!is_number) return ReadLabels(value, slot);
  ASSIGN_OR_RETURN(slot.total, ParseCount(value));
  if (slot.total > kMostLabels) {
    return absl::InvalidArgumentError(
        absl::StrCat("a node has at most ", kMostLabels, " ", slot.name, ", not ", value));
  }
  for (std::uint64_t i = 0; i < slot.total; ++i) slot.labels.push_back(absl::StrCat(i));
  return absl::OkStatus();
}

std::string FormatCount(const Slot& slot, std::uint64_t count) {
  return slot.name == kMemory ? FormatSize(count) : absl::StrCat(count);
}

}  // namespace

absl::StatusOr<std::vector<Slot>> ParseSlots(const std::string& text) {
  std::vector<Slot> slots;
  for (absl::string_view item : absl::StrSplit(text, absl::ByAnyChar(",\n"))) {
    item = absl::StripAsciiWhitespace(item);
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    Slot slot;
    slot.name = std::string(absl::StripAsciiWhitespace(item.substr(0, equals)));
    if (equals == absl::string_view::npos || !IsSlotName(slot.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", item, "\" is no slot: NAME=NUMBER or NAME=ONE|OTHER is; a name is ",
                       kSlotNameForm));
    }
    const auto is_same = [&](const Slot& other) { return other.name == slot.name; };
    if (std::any_of(slots.begin(), slots.end(), is_same)) {
      return absl::InvalidArgumentError(absl::StrCat("it names ", slot.name, " twice"));
    }
    RETURN_IF_ERROR(ReadValue(absl::StripAsciiWhitespace(item.substr(equals + 1)), slot));
    slots.push_back(std::move(slot));
  }
  if (slots.size() > kMostSlots - 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("a node has at most ", kMostSlots - 2, " kinds of slots, not ", slots.size()));
  }
  return slots;
}

std::vector<Slot> WithBuiltIn(std::vector<Slot> slots, std::uint64_t cores,
                              std::uint64_t memory_bytes) {
  const auto add = [&](absl::string_view name, std::uint64_t total) {
    const auto is_same = [&](const Slot& slot) { return slot.name == name; };
    if (std::none_of(slots.begin(), slots.end(), is_same)) {
      slots.push_back({std::string(name), total});
    }
  };
  add(kCores, cores);
  add(kMemory, memory_bytes);
  std::sort(slots.begin(), slots.end(),
            [](const Slot& a, const Slot& b) { return a.name < b.name; });
  return slots;
}

absl::StatusOr<SlotAsks> MatchSlots(const std::vector<Slot>& slots,
                                    const std::vector<NamedCount>& wanted) {
  if (wanted.size() > kMostSlots) {
    return absl::InvalidArgumentError(
        absl::StrCat(wanted.size(), " resources were asked for; at most ", kMostSlots, " can be"));
  }
  SlotAsks asks;
  for (const NamedCount& want : wanted) {
    if (!IsSlotName(want.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a resource was asked for whose name is none: a name is ", kSlotNameForm));
    }
    const auto slot = std::find_if(slots.begin(), slots.end(),
                                   [&](const Slot& known) { return known.name == want.name; });
    if (slot == slots.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("this node has no ", want.name, "; it has ", DescribeSlots(slots)));
    }
    if (want.count == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("0 ", want.name, " were asked for; leave out what is not needed"));
    }
    if (want.count > slot->total) {
      std::string has = FormatCount(*slot, slot->total);
      std::string asked = FormatCount(*slot, want.count);
      if (has == asked) {
        has = absl::StrCat(slot->total, " bytes");
        asked = absl::StrCat(want.count, " bytes");
      }
      return absl::InvalidArgumentError(
          absl::StrCat("this node has ", has, " ", want.name, ", ", asked, " were asked"));
    }
    asks.push_back({static_cast<std::size_t>(slot - slots.begin()), want.count});
  }
  std::sort(asks.begin(), asks.end(),
            [](const SlotAsk& a, const SlotAsk& b) { return a.slot < b.slot; });
  const auto twice =
      std::adjacent_find(asks.begin(), asks.end(),
                         [](const SlotAsk& a, const SlotAsk& b) { return a.slot == b.slot; });
  if (twice != asks.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(slots[twice->slot].name, " was asked for twice"));
  }
  return asks;
}

std::string DescribeSlots(const std::vector<Slot>& slots) {
  return absl::StrJoin(slots, ", ", [](std::string* out, const Slot& slot) {
    absl::StrAppend(out, slot.name, "=", FormatCount(slot, slot.total));
  });
}

}  // namespace muster::server
