#include "server/execution/used_ids.h"

namespace muster::server {

bool UsedIds::Use(const ExecutionKey& key) {
  const Stream stream{key.caller, key.stream_id};
  const auto [found, is_new] = streams_.try_emplace(stream);
  Numbers& numbers = found->second;
  if (is_new) {
    numbers.age = ages_.insert(ages_.begin(), stream);
  } else {
    ages_.splice(ages_.begin(), ages_, numbers.age);
  }
  const bool is_unused = key.sequence > numbers.up_to && numbers.above.insert(key.sequence).second;
  while (!numbers.above.empty() &&
         (*numbers.above.begin() == numbers.up_to + 1 || numbers.above.size() > kMaxGaps)) {
    numbers.up_to = *numbers.above.begin();
    numbers.above.erase(numbers.above.begin());
  }
  if (streams_.size() > kMaxStreams) {
    streams_.erase(ages_.back());
    ages_.pop_back();
  }
  return is_unused;
}

}  // namespace muster::server
