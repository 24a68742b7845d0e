// RetriedCall: a call that is sent again when its node could not be reached, or, if that does no
// harm, when the node was lost in the middle (ExecuteOptions::retries). Each try is a call of its
// own with an id of its own; what it prints goes to the call as it comes, its outcome only when it
// is the last. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "client/call_state.h"
#include "client/lane_timer.h"
#include "common/mutex.h"

namespace muster {

class RetriedCall final : public CallControl, public std::enable_shared_from_this<RetriedCall> {
 public:
  // Begins a try. Never blocks.
  using Begin = std::function<void(const std::shared_ptr<Call::State>& attempt)>;
  using MakeInput = std::function<std::shared_ptr<CallInput>()>;

  // The call gets it as its control, and the first try begins.
  static void Start(const std::shared_ptr<Call::State>& call, const ExecuteOptions& options,
                    MakeInput make_input, Begin begin);

  void ReadOn() override MUSTER_EXCLUDES(mutex_);
  void SendNow() override MUSTER_EXCLUDES(mutex_);
  void Cancel(std::optional<std::chrono::milliseconds> grace) override MUSTER_EXCLUDES(mutex_);
  void Abandon() override MUSTER_EXCLUDES(mutex_);

 private:
  RetriedCall(std::shared_ptr<Call::State> call, const ExecuteOptions& options,
              MakeInput make_input, Begin begin);

  void Try() MUSTER_EXCLUDES(mutex_);
  void OnEnd(const std::shared_ptr<Call::State>& attempt) MUSTER_EXCLUDES(mutex_);
  // Whether another try may follow an outcome of this kind.
  bool IsWorthAnother(Outcome::Kind kind) const MUSTER_REQUIRES(mutex_);
  std::shared_ptr<Call::State> Attempt() const MUSTER_EXCLUDES(mutex_);
  enum class Wish { kNothing, kCancel, kAbandon };
  // No further try. The one under way; null: there is none, the call waits between two.
  std::shared_ptr<Call::State> Stop(Wish wish, std::optional<std::chrono::milliseconds> grace)
      MUSTER_EXCLUDES(mutex_);
  void FinishBetween(const char* why) MUSTER_EXCLUDES(mutex_);

  const std::shared_ptr<Call::State> call_;
  const int retries_;
  const bool is_idempotent_;
  const MakeInput make_input_;
  const Begin begin_;
  LaneTimer pause_;

  mutable Mutex mutex_;
  std::shared_ptr<Call::State> attempt_ MUSTER_GUARDED_BY(mutex_);  // null between two
  int tries_ MUSTER_GUARDED_BY(mutex_) = 0;
  Wish wish_ MUSTER_GUARDED_BY(mutex_) = Wish::kNothing;
  std::optional<std::chrono::milliseconds> grace_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster
