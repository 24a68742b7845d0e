#include "server/execution/fair_queue.h"

#include <algorithm>

namespace muster::server {

FairQueue::Client FairQueue::ClientOf(const Execution& execution) {
  const ExecutionKey& key = execution.request().key;
  return {key.caller, key.stream_id};
}

void FairQueue::Push(std::shared_ptr<Execution> execution) {
  const Client client = ClientOf(*execution);
  auto& line = waiting_[client];
  if (line.empty()) turns_.push_back(client);
  line.push_back(std::move(execution));
  ++size_;
}

std::shared_ptr<Execution> FairQueue::Pop() {
  if (turns_.empty()) return nullptr;
  const Client client = std::move(turns_.front());
  turns_.pop_front();
  const auto line = waiting_.find(client);
  std::shared_ptr<Execution> next = std::move(line->second.front());
  line->second.pop_front();
  --size_;
  if (line->second.empty()) {
    waiting_.erase(line);
  } else {
    turns_.push_back(client);
  }
  return next;
}

bool FairQueue::Remove(const Execution& execution) {
  const Client client = ClientOf(execution);
  const auto line = waiting_.find(client);
  if (line == waiting_.end()) return false;
  const auto found = std::find_if(line->second.begin(), line->second.end(),
                                  [&](const auto& waiting) { return waiting.get() == &execution; });
  if (found == line->second.end()) return false;
  line->second.erase(found);
  --size_;
  if (line->second.empty()) {
    waiting_.erase(line);
    turns_.erase(std::find(turns_.begin(), turns_.end(), client));
  }
  return true;
}

}  // namespace muster::server
