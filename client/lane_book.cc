#include "client/lane_book.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "client/node_failure.h"

namespace muster {
namespace {

using Stage = FastCall::Stage;

std::optional<std::chrono::steady_clock::time_point> GuardOfSent(const LaneRequest& request) {
  if (!request.deadline) return std::nullopt;
  const auto guard = GuardOf(static_cast<std::uint64_t>(request.deadline->count()),
                             static_cast<std::uint64_t>(request.grace.count()));
  if (!guard) return std::nullopt;
  return std::chrono::steady_clock::now() + *guard;
}

// Of a call, at the node: its source, and what a message has beside it.
std::size_t BytesOf(const FastCall& call) { return call.request().source.size() + 128; }

}  // namespace

bool LaneBook::CanSend() const {
  if (waiting_.empty()) return false;
  if (to_repeat_ > 0 || sent_.empty()) return true;
  return sent_.size() < kMaxSent && sent_bytes_ + BytesOf(*waiting_.front()) <= kMaxSentBytes;
}

LaneBook::Calls LaneBook::Next() {
  Calls next;
  next.reserve(std::min(waiting_.size(), kMaxRequests));
  std::size_t bytes = 0;
  while (next.size() < kMaxRequests && CanSend()) {
    FastCall& call = *waiting_.front();
    FastCall::Standing& standing = call.standing;
    const bool is_repeated = to_repeat_ > 0;
    const std::size_t size = call.request().source.size();
    if (!next.empty() && bytes + size > kMaxSourceBytes) break;
    if (is_repeated) {
      --to_repeat_;
    } else if (standing.stage == Stage::kWaiting) {
      standing.stage = Stage::kSent;
      standing.sequence = ++last_sequence_;
      standing.guard = GuardOfSent(call.request());
      sent_.emplace(standing.sequence, waiting_.front());
      sent_bytes_ += BytesOf(call);
    } else {  // it ended before it was sent
      waiting_.pop_front();
      continue;
    }
    bytes += size;
    next.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return next;
}

std::shared_ptr<FastCall> LaneBook::Find(std::uint64_t sequence) const {
  const auto found = sent_.find(sequence);
  return found == sent_.end() ? nullptr : found->second;
}

std::shared_ptr<FastCall> LaneBook::End(std::uint64_t sequence) {
  const auto found = sent_.find(sequence);
  if (found == sent_.end()) return nullptr;
  std::shared_ptr<FastCall> call = std::move(found->second);
  sent_.erase(found);
  sent_bytes_ -= BytesOf(*call);
  call->standing.stage = Stage::kEnded;
  return call;
}

LaneBook::Calls LaneBook::Sent() const {
  Calls sent;
  for (const auto& [sequence, call] : sent_) sent.push_back(call);
  return sent;
}

LaneBook::Calls LaneBook::EndSent() {
  Calls ended;
  for (auto& [sequence, call] : sent_) {
    call->standing.stage = Stage::kEnded;
    ended.push_back(std::move(call));
  }
  sent_.clear();
  sent_bytes_ = 0;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(to_repeat_));
  to_repeat_ = 0;
  return ended;
}

LaneBook::Calls LaneBook::EndWaiting() {
  Calls ended;
  for (std::size_t i = to_repeat_; i < waiting_.size(); ++i) {
    if (waiting_[i]->standing.stage != Stage::kWaiting) continue;
    waiting_[i]->standing.stage = Stage::kEnded;
    ended.push_back(std::move(waiting_[i]));
  }
  waiting_.resize(to_repeat_);
  return ended;
}

bool LaneBook::Repeat(std::uint64_t received) {
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(to_repeat_));
  std::vector<std::uint64_t> missing;
  for (const auto& [sequence, call] : sent_) {
    if (sequence > received) missing.push_back(sequence);
  }
  std::sort(missing.begin(), missing.end(), std::greater<>());
  for (const std::uint64_t sequence : missing) waiting_.push_front(sent_[sequence]);
  to_repeat_ = missing.size();
  return received >= last_sequence_ || missing.size() == last_sequence_ - received;
}

LaneBook::Calls LaneBook::Overdue(std::chrono::steady_clock::time_point now,
                                  std::optional<std::chrono::steady_clock::time_point>* next) {
  next->reset();
  Calls overdue;
  for (const auto& [sequence, call] : sent_) {
    const auto guard = call->standing.guard;
    if (guard && *guard <= now) {
      call->standing.guard.reset();
      overdue.push_back(call);
    } else if (guard && (!*next || *guard < **next)) {
      *next = guard;
    }
  }
  return overdue;
}

}  // namespace muster
