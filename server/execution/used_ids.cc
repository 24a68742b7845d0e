#include "server/execution/used_ids.h"

#include <algorithm>

namespace muster::server {

bool UsedIds::Use(const ExecutionKey& key) {
  const Stream stream{key.caller, key.stream_id};
  const auto [found, is_new] = streams_.try_emplace(stream);
  Numbers& numbers = found->second;
  std::list<std::string>& ages = ages_[key.caller];
  if (is_new) {
    numbers.age = ages.insert(ages.begin(), key.stream_id);
  } else {
    ages.splice(ages.begin(), ages, numbers.age);
  }
  const bool is_unused = key.sequence > numbers.up_to && numbers.above.insert(key.sequence).second;
  while (!numbers.above.empty() &&
         (*numbers.above.begin() == numbers.up_to + 1 || numbers.above.size() > kMaxGaps)) {
    numbers.up_to = *numbers.above.begin();
    numbers.above.erase(numbers.above.begin());
  }
  if (streams_.size() > kMaxStreams) ForgetOne();
  return is_unused;
}

void UsedIds::ForgetOne() {
  const auto most = std::max_element(
      ages_.begin(), ages_.end(),
      [](const auto& one, const auto& other) { return one.second.size() < other.second.size(); });
  streams_.erase({most->first, most->second.back()});
  most->second.pop_back();
  if (most->second.empty()) ages_.erase(most);
}

}  // namespace muster::server
