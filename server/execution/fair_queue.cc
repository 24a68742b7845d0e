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
  if (line.empty()) {
    auto& turns = turns_[client.first];
    if (turns.empty()) users_.push_back(client.first);
    turns.push_back(client);
  }
  line.push_back(std::move(execution));
  ++size_;
}

std::shared_ptr<Execution> FairQueue::Pop() {
  if (users_.empty()) return nullptr;
  const uid_t user = users_.front();
  const Client client = turns_[user].front();
  auto& line = waiting_[client];
  std::shared_ptr<Execution> next = std::move(line.front());
  line.pop_front();
  --size_;
  const bool has_more = !line.empty();
  // To the end of both rows.
  if (has_more) {
    auto& turns = turns_[user];
    turns.pop_front();
    turns.push_back(client);
  } else {
    Forget(client);
  }
  if (turns_.count(user) != 0) {
    users_.pop_front();
    users_.push_back(user);
  }
  return next;
}

void FairQueue::Forget(const Client& client) {
  waiting_.erase(client);
  auto& turns = turns_[client.first];
  turns.erase(std::find(turns.begin(), turns.end(), client));
  if (!turns.empty()) return;
  turns_.erase(client.first);
  users_.erase(std::find(users_.begin(), users_.end(), client.first));
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
  if (line->second.empty()) Forget(client);
  return true;
}

}  // namespace muster::server
