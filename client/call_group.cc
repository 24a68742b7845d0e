#include <algorithm>
#include <cmath>
#include <utility>

#include "client/ClusterAPI.h"
#include "client/call_state.h"
#include "client/outcome_summary.h"
#include "common/mutex.h"

namespace muster {

// Shared with what the calls tell when they end, which may be after the group is gone.
class CallGroup::State : public std::enable_shared_from_this<State> {
 public:
  std::size_t Add(Call call) MUSTER_EXCLUDES(mutex_) {
    const std::shared_ptr<Call::State> added = call.state_;
    std::size_t place = 0;
    {
      const MutexLock lock(mutex_);
      place = calls_.size();
      calls_.push_back(std::move(call));
    }
    added->WhenDone([weak = weak_from_this(), place, added = added.get()] {
      if (const auto self = weak.lock()) self->HandleEnd(place, added->IsOk());
    });
    return place;
  }

  std::size_t size() const MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return calls_.size();
  }
  Call At(std::size_t place) const MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return calls_[place];
  }
  std::vector<Call> Calls() const MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return calls_;
  }

  // Nobody is to wait for a reader, or for company on its way.
  void LetGo() MUSTER_EXCLUDES(mutex_) {
    std::vector<Call> untouched;
    {
      const MutexLock lock(mutex_);
      untouched.assign(calls_.begin() + static_cast<std::ptrdiff_t>(let_go_), calls_.end());
      let_go_ = calls_.size();
    }
    for (const Call& call : untouched) {
      call.state_->Shed();
      call.state_->SendNow();
    }
  }

  // Until `is_done` says so, or the deadline. False: that passed first.
  template <typename Condition>
  bool Await(std::optional<std::chrono::steady_clock::time_point> deadline, Condition is_done)
      MUSTER_EXCLUDES(mutex_) {
    LetGo();
    const MutexLock lock(mutex_);
    while (!is_done(*this)) {
      if (!deadline) {
        changed_.Wait(mutex_);
      } else if (!changed_.WaitUntil(mutex_, *deadline)) {
        return is_done(*this);
      }
    }
    return true;
  }

  // ---- conditions; with the lock held ----
  std::size_t count() const { return calls_.size(); }
  std::size_t ended() const { return ended_.size(); }
  std::size_t good() const { return good_; }
  bool HaveAllEnded() const { return ended() == count(); }
  std::optional<std::size_t> first_good() const { return first_good_; }
  // The place, if there is one; true also when there will be none.
  bool Take(std::optional<std::size_t>* place) {
    if (given_ < ended_.size()) {
      *place = ended_[given_++];
      return true;
    }
    place->reset();
    return given_ == calls_.size();
  }

 private:
  void HandleEnd(std::size_t place, bool is_good) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ended_.push_back(place);
    if (is_good) ++good_;
    if (is_good && !first_good_) first_good_ = place;
    changed_.NotifyAll();
  }

  mutable Mutex mutex_;
  CondVar changed_;
  // Guarded by mutex_, also where conditions look at them.
  std::vector<Call> calls_;
  std::vector<std::size_t> ended_;  // places, in their order
  std::size_t given_ = 0;           // of ended_
  std::size_t let_go_ = 0;          // of calls_
  std::size_t good_ = 0;
  std::optional<std::size_t> first_good_;
};

CallGroup::CallGroup() : state_(std::make_shared<State>()) {}

CallGroup::CallGroup(std::vector<Call> calls) : CallGroup() {
  for (Call& call : calls) state_->Add(std::move(call));
}

CallGroup::CallGroup(CallGroup&&) noexcept = default;
CallGroup& CallGroup::operator=(CallGroup&&) noexcept = default;
CallGroup::~CallGroup() = default;

std::size_t CallGroup::add(Call call) { return state_->Add(std::move(call)); }
std::size_t CallGroup::size() const { return state_->size(); }
Call CallGroup::operator[](std::size_t place) const { return state_->At(place); }
std::vector<Call> CallGroup::calls() const { return state_->Calls(); }

std::optional<std::size_t> CallGroup::next() {
  std::optional<std::size_t> place;
  state_->Await({}, [&](State& state) { return state.Take(&place); });
  return place;
}

bool CallGroup::next_for(std::chrono::milliseconds time, std::optional<std::size_t>* place) {
  return state_->Await(Call::State::After(time), [&](State& state) { return state.Take(place); });
}

bool CallGroup::all() {
  bool are_good = false;
  state_->Await({}, [&](const State& state) {
    are_good = state.good() == state.count();
    return state.HaveAllEnded();
  });
  return are_good;
}

std::optional<std::size_t> CallGroup::any() {
  std::optional<std::size_t> place;
  state_->Await({}, [&](const State& state) {
    place = state.first_good();
    return place || state.HaveAllEnded();
  });
  return place;
}

bool CallGroup::quorum(double share) {
  if (!(share > 0 && share <= 1)) return false;
  bool is_reached = false;
  state_->Await({}, [&](const State& state) {
    // 0.95 of 20 is 19, though 0.95 * 20 is a little more than that.
    const auto needed =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(state.count()) - 1e-9));
    is_reached = state.good() >= needed;
    const std::size_t still = state.count() - state.ended();
    return is_reached || state.good() + still < needed;
  });
  return is_reached;
}

bool CallGroup::wait_for(std::chrono::milliseconds time) {
  return state_->Await(Call::State::After(time),
                       [](const State& state) { return state.HaveAllEnded(); });
}

bool CallGroup::cancel(std::optional<std::chrono::milliseconds> grace) {
  for (Call& call : state_->Calls()) call.cancel(grace);
  all();
  for (Call& call : state_->Calls()) {
    const Outcome::Kind kind = call.wait_for(std::chrono::milliseconds(0))->kind;
    if (kind == Outcome::Kind::kUnkillable || kind == Outcome::Kind::kLost) return false;
  }
  return true;
}

GroupSummary CallGroup::summary() const {
  OutcomeSummary summary;
  for (Call& call : state_->Calls()) {
    const Outcome* const outcome = call.wait_for(std::chrono::milliseconds(0));
    summary.Add(outcome);
  }
  return summary.Take();
}

}  // namespace muster
