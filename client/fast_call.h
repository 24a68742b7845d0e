// FastCall: one call on the fast lane: what is sent of it, and what its handle asks of whoever runs
// it. It does nothing by itself: the lane does, and guards what changes with its own lock.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/call_state.h"
#include "client/lane_request.h"
#include "client/value_pieces.h"

namespace muster {

class FastLane;

class FastCall final : public CallControl, public std::enable_shared_from_this<FastCall> {
 public:
  // Whether a command may go over the fast lane: a short piece of Python that asks for nothing of
  // its own.
  static bool Fits(const Command& command, const ExecuteOptions& options);

  FastCall(std::shared_ptr<Call::State> state, std::shared_ptr<FastLane> lane, LaneRequest request)
      : state_(std::move(state)), lane_(std::move(lane)), request_(std::move(request)) {}

  // Once. Never blocks.
  void Begin();

  void ReadOn() override;
  void SendNow() override;
  void Cancel(std::optional<std::chrono::milliseconds> grace) override;
  void Abandon() override;

  // ---- the lane's side ----
  const std::shared_ptr<Call::State>& state() const { return state_; }
  const LaneRequest& request() const { return request_; }
  void Finish(Outcome::Kind kind, std::string reason) const;

  enum class Stage {
    kWaiting,  // it has no number yet: nothing of it was sent
    kSent,     // it has one, and the node may have it
    kEnded,
    kElsewhere,  // the node has no fast lane: `successor` runs it
  };
  // Guarded by the lane's lock.
  struct Standing {
    Stage stage = Stage::kWaiting;
    std::uint64_t sequence = 0;
    std::optional<std::chrono::steady_clock::time_point> guard;
    // Output that came, and credit that was given for it.
    std::uint64_t output_bytes = 0;
    std::uint64_t credited_bytes = 0;
    bool wants_cancel = false;
    std::optional<std::chrono::milliseconds> cancel_grace;
    std::chrono::milliseconds cancel_pause{0};  // before the order was given again
    std::shared_ptr<CallControl> successor;
  };
  Standing standing;
  ValuePieces value;  // only the stream's reactions touch it

 private:
  const std::shared_ptr<Call::State> state_;
  const std::shared_ptr<FastLane> lane_;
  const LaneRequest request_;
};

}  // namespace muster
