#include "server/execution/slot_queue.h"

#include <algorithm>
#include <utility>

namespace muster::server {

SlotQueue::Kinds SlotQueue::KindsOf(const Execution& execution) {
  Kinds kinds;
  for (const SlotAsk& ask : execution.request().slots) kinds.push_back(ask.slot);
  return kinds;
}

void SlotQueue::Push(std::shared_ptr<Execution> execution) {
  ++size_;
  for (const SlotAsk& ask : execution->request().slots) asked_[ask.slot] += ask.count;
  const auto [line, is_new] = lines_.try_emplace(KindsOf(*execution));
  if (is_new) {
    line->second.head = next_head_++;
    heads_[line->second.head] = std::move(execution);
  } else {
    line->second.behind.Push(std::move(execution));
  }
}

void SlotQueue::Leave(const Execution& execution) {
  --size_;
  for (const SlotAsk& ask : execution.request().slots) asked_[ask.slot] -= ask.count;
}

// The one behind it takes its place, but not its turn.
void SlotQueue::RemoveHead(Heads::const_iterator head) {
  const auto line = lines_.find(KindsOf(*head->second));
  heads_.erase(head);
  if (std::shared_ptr<Execution> next = line->second.behind.Pop()) {
    line->second.head = next_head_++;
    heads_[line->second.head] = std::move(next);
  } else {
    lines_.erase(line);
  }
}

bool SlotQueue::Remove(const Execution& execution) {
  const auto line = lines_.find(KindsOf(execution));
  if (line == lines_.end()) return false;
  const auto head = heads_.find(line->second.head);
  const bool is_head = head->second.get() == &execution;
  if (!is_head && !line->second.behind.Remove(execution)) return false;
  Leave(execution);
  if (is_head) RemoveHead(head);
  return true;
}

SlotQueue::Heads::const_iterator SlotQueue::FindNext(bool is_python) const {
  std::vector<bool> is_wanted(table_.slots().size());
  std::size_t wanted = 0;
  for (auto head = heads_.begin(); head != heads_.end() && wanted < is_wanted.size(); ++head) {
    const SlotAsks& asks = head->second->request().slots;
    const bool is_first = std::none_of(asks.begin(), asks.end(),
                                       [&](const SlotAsk& ask) { return is_wanted[ask.slot]; });
    if (is_first && head->second->IsPython() == is_python && table_.HasFree(asks)) return head;
    for (const SlotAsk& ask : asks) {
      if (!is_wanted[ask.slot]) ++wanted;
      is_wanted[ask.slot] = true;
    }
  }
  return heads_.end();
}

std::shared_ptr<Execution> SlotQueue::Pop(bool is_python) {
  const auto head = FindNext(is_python);
  if (head == heads_.end()) return nullptr;
  std::shared_ptr<Execution> next = head->second;
  Leave(*next);
  RemoveHead(head);
  return next;
}

}  // namespace muster::server
