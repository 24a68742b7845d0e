// LaneBook: the calls of a fast lane: those that wait to be sent, in their order, and those that
// were sent and have not ended, by their numbers. It numbers them. Not thread-safe: the lane's lock
// guards it, and what it says of a call.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "client/fast_call.h"

namespace muster {

class LaneBook {
 public:
  using Calls = std::vector<std::shared_ptr<FastCall>>;

  // What the node may have of a client at once, as the contract of ExecuteMany says; the others
  // wait here.
  static constexpr std::size_t kMaxSent = 1024;
  static constexpr std::size_t kMaxSentBytes = 4u << 20;
  // Of one message.
  static constexpr std::size_t kMaxRequests = 256;
  static constexpr std::size_t kMaxSourceBytes = 256u << 10;

  void Add(std::shared_ptr<FastCall> call) { waiting_.push_back(std::move(call)); }
  bool CanSend() const;
  std::size_t waiting() const { return waiting_.size(); }
  std::size_t sent() const { return sent_.size(); }
  bool IsEmpty() const { return waiting_.empty() && sent_.empty(); }
  std::uint64_t last_sequence() const { return last_sequence_; }

  // The calls of the next message, numbered and from now on sent.
  Calls Next();
  // Null: nothing of this number is running.
  std::shared_ptr<FastCall> Find(std::uint64_t sequence) const;
  // The same, and it is sent no longer: it has ended.
  std::shared_ptr<FastCall> End(std::uint64_t sequence);
  // All that was sent, or that waits; they have ended.
  Calls EndSent();
  Calls EndWaiting();
  // The node has the requests up to this number: those after it wait again, under their numbers.
  // False: it has ended one of them, so what it says cannot be.
  [[nodiscard]] bool Repeat(std::uint64_t received);
  // Numbers begin at 1 again. Nothing may be sent.
  void Renumber() { last_sequence_ = 0; }

  // Those whose guard is over. They keep their place, for the node may still have them. `next`: the
  // earliest guard of the others.
  Calls Overdue(std::chrono::steady_clock::time_point now,
                std::optional<std::chrono::steady_clock::time_point>* next);
  // In no order.
  Calls Sent() const;

 private:
  absl::flat_hash_map<std::uint64_t, std::shared_ptr<FastCall>> sent_;
  std::deque<std::shared_ptr<FastCall>> waiting_;
  std::size_t sent_bytes_ = 0;
  std::size_t to_repeat_ = 0;  // of those that wait, the first ones, which have numbers
  std::uint64_t last_sequence_ = 0;
};

}  // namespace muster
