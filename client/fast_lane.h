// FastLane: short pieces of Python for one node, many of them over one long-lived ExecuteMany.
//
//   FastCall ─┐            ┌ waiting ─┐                  numbered when it goes into a message
//   FastCall ─┼─ FastLane ─┤          ├─ LaneStream      one attempt; another one when it breaks
//   FastCall ─┘            └ sent ────┘                  by number, until the outcome
//
//   idle ─ connecting ─ opening ─ open ─┬─ idle          nothing under way for a minute
//                 └──── broken ─────────┘                with `again`, for 5 s
//
// Requests go out only after the daemon said `opened`: until then everything that goes wrong is
// unreachable, refused, or a reason to ask again; afterwards a call that was sent and cannot be
// taken up again is lost. A daemon without a fast lane gets every call by Execute instead. While
// many calls run, a new one waits for company: until there is a message full, somebody waits for
// its outcome, or up to 16 ms have passed. Thread-safe; never blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/fast_call.h"
#include "client/lane_book.h"
#include "client/lane_stream.h"
#include "client/lane_timer.h"
#include "client/node_link.h"
#include "common/mutex.h"

namespace muster {

class FastLane final : public NodeLink::Waiter,
                       public LaneStream::Events,
                       public std::enable_shared_from_this<FastLane> {
 public:
  // `node`: the name that the daemon knows its node by; empty: whichever answers.
  FastLane(std::shared_ptr<NodeLink> link, std::string node);

  // False: the node has none; for good.
  bool IsSupported() const MUSTER_EXCLUDES(mutex_);
  void Submit(const std::shared_ptr<FastCall>& call) MUSTER_EXCLUDES(mutex_);
  // There will be no more calls: ends when those that there are have ended.
  void Close() MUSTER_EXCLUDES(mutex_);

  // ---- for FastCall ----
  void ReadOn(FastCall& call) MUSTER_EXCLUDES(mutex_);
  void SendNow(const FastCall& call) MUSTER_EXCLUDES(mutex_);
  // `words`: how it ends when it was not sent. `abandons`: nobody waits for the outcome.
  void Cancel(FastCall& call, std::optional<std::chrono::milliseconds> grace, bool abandons,
              const char* words) MUSTER_EXCLUDES(mutex_);

  void OnConnected(NodeLink::Lease lease) override MUSTER_EXCLUDES(mutex_);
  void OnUnreachable(const std::string& why) override MUSTER_EXCLUDES(mutex_);
  void OnMessage(LaneStream& stream, v1::ExecuteManyEvent& message) override
      MUSTER_EXCLUDES(mutex_);
  void OnValues(LaneStream& stream, const ValueMessage& message) override MUSTER_EXCLUDES(mutex_);
  void OnWritten(LaneStream& stream) override MUSTER_EXCLUDES(mutex_);
  void OnEnd(LaneStream& stream, const grpc::Status& status) override MUSTER_EXCLUDES(mutex_);

 private:
  using Calls = LaneBook::Calls;
  using Time = std::chrono::steady_clock::time_point;
  enum class Stage { kIdle, kConnecting, kOpening, kOpen, kBroken };
  struct LaterCancel {
    std::uint64_t sequence;
    Time time;
  };
  // How calls end that cannot go on.
  struct Ends {
    Calls calls;
    Outcome::Kind kind;
    std::string reason;
  };

  // ---- traffic (fast_lane.cc) ----
  // Whether what waits should go out, if the wire is free: when a call comes, and else.
  bool IsDue(bool is_new) const MUSTER_REQUIRES(mutex_);
  std::chrono::milliseconds Hold() const MUSTER_REQUIRES(mutex_);
  bool AcknowledgesByItself() const MUSTER_REQUIRES(mutex_);
  // The stream, when a next call is to go over another one: its connection is dead, or the daemon
  // begins to end, and nothing is under way.
  std::shared_ptr<LaneStream> TakeStale(bool looks) MUSTER_REQUIRES(mutex_);
  // For another stream, if this one is stale.
  bool Leave() MUSTER_EXCLUDES(mutex_);
  // Puts what waits on the wire, if it is free.
  void Flush() MUSTER_EXCLUDES(mutex_);
  // Finds whose events these are; who has an outcome here has ended.
  Calls Take(const LaneStream& stream, const v1::ExecuteManyEvent& message) MUSTER_EXCLUDES(mutex_);
  void Hand(FastCall& call, v1::LaneEvent& event);
  // Gives credit for what came, when it is worth a message, or `all` of it.
  void GiveCredit(FastCall& call, bool all) MUSTER_EXCLUDES(mutex_);

  // ---- stops (lane_cancels.cc) ----
  void SendCancels() MUSTER_EXCLUDES(mutex_);
  void CancelLater(std::uint64_t sequence) MUSTER_EXCLUDES(mutex_);

  // ---- breaks (lane_breaks.cc) ----
  // After a stream or a connection could not be had: what ends by that. Sets the stage, and when to
  // try again.
  std::vector<Ends> AfterBreak(const grpc::Status& status, bool was_open, bool* falls_back)
      MUSTER_REQUIRES(mutex_);
  std::vector<Ends> AfterFailedOpening(const grpc::Status& status, bool* falls_back)
      MUSTER_REQUIRES(mutex_);
  // Tries again soon.
  void Return() MUSTER_REQUIRES(mutex_);
  std::vector<Ends> GiveUp(const std::string& why) MUSTER_REQUIRES(mutex_);
  Ends Lost(const std::string& why) MUSTER_REQUIRES(mutex_);

  // ---- life (fast_lane_life.cc) ----
  void Connect();
  void OnOpened(LaneStream& stream, const v1::LaneOpened& opened) MUSTER_EXCLUDES(mutex_);
  v1::ExecuteManyRequest FirstMessage() const MUSTER_REQUIRES(mutex_);
  std::string Name() const { return link_->name(); }
  static void Finish(const std::vector<Ends>& all);
  void FallBack() MUSTER_EXCLUDES(mutex_);
  // Ends the stream when nothing is under way and nothing will come, or has come for long.
  std::shared_ptr<LaneStream> TakeIdle(Time now) MUSTER_REQUIRES(mutex_);
  void SetTimer(Time time);
  void OnTime() MUSTER_EXCLUDES(mutex_);
  Time NextTime() const MUSTER_REQUIRES(mutex_);

  const std::shared_ptr<NodeLink> link_;
  const std::string node_;
  const int forks_;  // of the process that it belongs to
  LaneTimer timer_;

  mutable Mutex mutex_;
  Stage stage_ MUSTER_GUARDED_BY(mutex_) = Stage::kIdle;
  bool is_supported_ MUSTER_GUARDED_BY(mutex_) = true;
  bool is_closed_ MUSTER_GUARDED_BY(mutex_) = false;
  LaneBook book_ MUSTER_GUARDED_BY(mutex_);

  // Of the stream's id, over all its attempts.
  std::string stream_id_ MUSTER_GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> stream_text_ MUSTER_GUARDED_BY(mutex_);
  std::string incarnation_ MUSTER_GUARDED_BY(mutex_);
  std::uint64_t taken_ MUSTER_GUARDED_BY(mutex_) = 0;         // messages that came
  std::uint64_t acknowledged_ MUSTER_GUARDED_BY(mutex_) = 0;  // of them, as the node was told
  std::uint64_t unacknowledged_bytes_ MUSTER_GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> credits_ MUSTER_GUARDED_BY(mutex_);

  // Of this attempt.
  std::shared_ptr<LaneStream> stream_ MUSTER_GUARDED_BY(mutex_);
  bool is_writing_ MUSTER_GUARDED_BY(mutex_) = false;
  bool is_urgent_ MUSTER_GUARDED_BY(mutex_) = false;  // somebody waits for what waits
  std::uint64_t writing_ MUSTER_GUARDED_BY(mutex_) =
      0;  // the last request of the message under way
  std::uint64_t written_ MUSTER_GUARDED_BY(mutex_) = 0;  // and of those that are written

  Time last_write_ MUSTER_GUARDED_BY(mutex_);
  std::vector<std::uint64_t> cancels_ MUSTER_GUARDED_BY(mutex_);  // to be sent when written
  std::vector<LaterCancel> later_cancels_ MUSTER_GUARDED_BY(mutex_);

  // The stream broke with calls under way, and is being taken up again until then.
  std::optional<Time> return_until_ MUSTER_GUARDED_BY(mutex_);
  std::string why_broken_ MUSTER_GUARDED_BY(mutex_);
  int failures_ MUSTER_GUARDED_BY(mutex_) = 0;  // since a message came
  std::optional<Time> retry_at_ MUSTER_GUARDED_BY(mutex_);
  std::optional<Time> open_until_ MUSTER_GUARDED_BY(mutex_);  // while opening
  std::optional<Time> flush_at_ MUSTER_GUARDED_BY(mutex_);
  std::optional<Time> next_guard_ MUSTER_GUARDED_BY(mutex_);
  Time idle_since_ MUSTER_GUARDED_BY(mutex_);
  bool looks_for_idleness_ MUSTER_GUARDED_BY(mutex_) = false;
};

}  // namespace muster
