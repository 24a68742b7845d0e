#include "client/connect_turns.h"

#include <grpcpp/alarm.h>

#include <utility>

#include "common/tsan.h"

namespace muster {
namespace {

// Whose turns this thread hands out. A node that cannot be reached gives its turn back at once, in
// the call that began it: the next one begins after that call, not in it, however many there are.
thread_local const ConnectTurns* inside = nullptr;

}  // namespace

struct ConnectTurns::Waiting {
  Begin begin;
  bool has_begun = false;  // under the lock of the turns
  grpc::Alarm alarm;       // set when there is a latest time
};

void ConnectTurns::Take(std::optional<Time> latest, const Begin& begin) {
  std::shared_ptr<Waiting> waiting;
  {
    const MutexLock lock(mutex_);
    if (taken_ < kMost) {
      ++taken_;
    } else {
      waiting = std::make_shared<Waiting>();
      waiting->begin = begin;
      waiting_.push_back(waiting);
    }
  }
  if (waiting == nullptr) {
    begin(MakeTurn());
  } else if (latest) {
    BeginBy(*latest, waiting);
  }
}

ConnectTurns::Turn ConnectTurns::MakeTurn() {
  return {this, [self = shared_from_this()](const void*) { self->GiveBack(); }};
}

void ConnectTurns::GiveBack() {
  {
    const MutexLock lock(mutex_);
    --taken_;
  }
  if (inside == this) return;
  const ConnectTurns* const outside = std::exchange(inside, this);
  while (const std::shared_ptr<Waiting> next = Next()) {
    std::exchange(next->begin, nullptr)(MakeTurn());
  }
  inside = outside;
}

std::shared_ptr<ConnectTurns::Waiting> ConnectTurns::Next() {
  const MutexLock lock(mutex_);
  while (taken_ < kMost && !waiting_.empty()) {
    std::shared_ptr<Waiting> next = std::move(waiting_.front());
    waiting_.pop_front();
    if (std::exchange(next->has_begun, true)) continue;
    ++taken_;
    return next;
  }
  return nullptr;
}

void ConnectTurns::BeginBy(Time latest, const std::shared_ptr<Waiting>& waiting) {
  TsanRelease(waiting.get());
  waiting->alarm.Set(
      std::chrono::system_clock::now() +
          std::chrono::duration_cast<std::chrono::system_clock::duration>(
              latest - std::chrono::steady_clock::now()),
      [self = shared_from_this(), weak = std::weak_ptr<Waiting>(waiting)](bool fired) {
        const std::shared_ptr<Waiting> late = weak.lock();
        if (late == nullptr || !fired) return;
        TsanAcquire(late.get());
        {
          const MutexLock lock(self->mutex_);
          if (std::exchange(late->has_begun, true)) return;
          ++self->taken_;  // over the bound
        }
        std::exchange(late->begin, nullptr)(self->MakeTurn());
      });
}

}  // namespace muster
