#include "server/execution/slot_table.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace muster::server {

SlotTable::SlotTable(std::vector<Slot> slots) : slots_(std::move(slots)) {
  for (const Slot& slot : slots_) {
    Free& free = free_.emplace_back();
    free.count = slot.total;
    for (std::size_t i = 0; i < slot.labels.size(); ++i) free.labels.insert(i);
  }
}

bool SlotTable::HasFree(const SlotAsks& asks) const {
  return std::all_of(asks.begin(), asks.end(), [this](const SlotAsk& ask) {
    return ask.slot < free_.size() && ask.count <= free_[ask.slot].count;
  });
}

std::optional<SlotGrant> SlotTable::Take(const SlotAsks& asks) {
  if (!HasFree(asks)) return std::nullopt;
  SlotGrant grant;
  for (const SlotAsk& ask : asks) {
    Free& free = free_[ask.slot];
    SlotGrant::Part& part = grant.parts.emplace_back();
    part.slot = ask.slot;
    part.count = ask.count;
    free.count -= ask.count;
    if (slots_[ask.slot].labels.empty()) continue;
    const auto end = std::next(free.labels.begin(), static_cast<std::ptrdiff_t>(ask.count));
    part.labels.assign(free.labels.begin(), end);
    free.labels.erase(free.labels.begin(), end);
  }
  return grant;
}

void SlotTable::GiveBack(const SlotGrant& grant) {
  for (const SlotGrant::Part& part : grant.parts) {
    free_[part.slot].count += part.count;
    free_[part.slot].labels.insert(part.labels.begin(), part.labels.end());
  }
}

std::vector<std::string> SlotTable::Environment(const SlotGrant& grant) const {
  std::vector<std::string> environment;
  for (const SlotGrant::Part& part : grant.parts) {
    const Slot& slot = slots_[part.slot];
    if (slot.labels.empty()) continue;
    const std::string held = absl::StrJoin(
        part.labels, ",",
        [&](std::string* out, std::size_t label) { absl::StrAppend(out, slot.labels[label]); });
    environment.push_back(
        absl::StrCat("MUSTER_SLOT_", absl::AsciiStrToUpper(slot.name), "=", held));
    if (slot.name == "gpu") environment.push_back(absl::StrCat("CUDA_VISIBLE_DEVICES=", held));
  }
  return environment;
}

}  // namespace muster::server
