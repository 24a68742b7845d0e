// FastLane: how a call is stopped. The order is an rpc of its own that may overtake the request: it
// is given when the request is written, and again while the node does not know it.
#include <algorithm>
#include <utility>

#include "client/fast_lane.h"
#include "client/forks.h"
#include "client/wire.h"

namespace muster {
namespace {

constexpr std::chrono::seconds kCancelTimeout(10);
constexpr std::chrono::milliseconds kFirstPause(20);
constexpr std::chrono::milliseconds kLongestPause(1000);

}  // namespace

void FastLane::Cancel(FastCall& call, std::optional<std::chrono::milliseconds> grace, bool abandons,
                      const char* words) {
  if (Forks() != forks_) return;  // a fork: another thread may have held the lock
  std::shared_ptr<CallControl> successor;
  bool ends = false;
  {
    const MutexLock lock(mutex_);
    FastCall::Standing& standing = call.standing;
    const bool hurries = grace && (!standing.cancel_grace || *grace < *standing.cancel_grace);
    switch (standing.stage) {
      case FastCall::Stage::kEnded:
        return;
      case FastCall::Stage::kElsewhere:
        successor = standing.successor;
        break;
      case FastCall::Stage::kWaiting:
        standing.stage = FastCall::Stage::kEnded;  // the book passes over it
        ends = true;
        break;
      case FastCall::Stage::kSent:
        if (standing.wants_cancel && !hurries) return;
        standing.wants_cancel = true;
        standing.cancel_grace = grace;
        cancels_.push_back(standing.sequence);
        break;
    }
  }
  if (ends) {
    call.Finish(Outcome::Kind::kCancelled, words);
  } else if (successor == nullptr) {
    SendCancels();
  } else if (abandons) {
    successor->Abandon();
  } else {
    successor->Cancel(grace);
  }
}

void FastLane::SendCancels() {
  std::vector<v1::CancelRequest> requests;
  std::shared_ptr<Connection> connection;
  {
    const MutexLock lock(mutex_);
    if (stage_ != Stage::kOpen) return;  // when it is open again, all are given again
    connection = stream_->connection();
    v1::ExecutionId id;
    id.set_stream_id(stream_id_);
    const std::uint64_t written = written_;
    const auto stay = std::partition(cancels_.begin(), cancels_.end(),
                                     [written](std::uint64_t its) { return its > written; });
    for (auto it = stay; it != cancels_.end(); ++it) {
      const std::shared_ptr<FastCall> call = book_.Find(*it);
      if (call == nullptr || !call->standing.wants_cancel) continue;
      id.set_sequence(*it);
      requests.push_back(wire::ToCancel(id, call->standing.cancel_grace));
    }
    cancels_.erase(stay, cancels_.end());
  }
  for (v1::CancelRequest& request : requests) {
    const std::uint64_t sequence = request.id().sequence();
    connection->Cancel(std::move(request), kCancelTimeout,
                       [weak = weak_from_this(), sequence](const grpc::Status& status) {
                         const std::shared_ptr<FastLane> self = weak.lock();
                         if (self && !status.ok()) self->CancelLater(sequence);
                       });
  }
}

void FastLane::CancelLater(std::uint64_t sequence) {
  Time time;
  {
    const MutexLock lock(mutex_);
    const std::shared_ptr<FastCall> call = book_.Find(sequence);
    if (call == nullptr || !call->standing.wants_cancel) return;  // it had ended
    std::chrono::milliseconds& pause = call->standing.cancel_pause;
    pause = std::clamp(2 * pause, kFirstPause, kLongestPause);
    time = std::chrono::steady_clock::now() + pause;
    later_cancels_.push_back({sequence, time});
  }
  SetTimer(time);
}

}  // namespace muster
