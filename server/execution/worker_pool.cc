#include "server/execution/worker_pool.h"

#include <algorithm>
#include <utility>

namespace muster::server {
namespace {

using std::chrono::milliseconds;

// What a worker is handed before its turn: as much as it does in about this time.
constexpr std::chrono::nanoseconds kAhead = milliseconds(2);
constexpr std::size_t kMostAhead = 128;
// A worker whose oldest cell takes longer than this has some taken from it for one that is idle.
constexpr milliseconds kLong{2};
// One that has been idle for so long ends.
constexpr std::chrono::seconds kMaxIdle{60};
constexpr std::chrono::seconds kBetweenLooks{10};
// A pool without workers is forgotten.
constexpr std::chrono::seconds kMaxEmpty{60};
// No spare is started so soon after one that did not start.
constexpr std::chrono::seconds kAfterFailure{1};

}  // namespace

WorkerPool::WorkerPool(EventLoop& loop, SpawnerClient& spawner, PythonPlaces& places,
                       std::shared_ptr<const Identity> identity, std::string node)
    : loop_(loop),
      spawner_(spawner),
      places_(places),
      identity_(std::move(identity)),
      node_(std::move(node)) {
  places_.Add(*this);
}

WorkerPool::~WorkerPool() { places_.Remove(*this); }

bool WorkerPool::IsSuperfluous() const {
  return members_.empty() && waiting_ == 0 && EventLoop::Clock::now() > used_ + kMaxEmpty;
}

// ---- those that wait ----

WorkerPool::Line& WorkerPool::LineOf(CellSink& sink, bool in_front) {
  for (Line& line : lines_) {
    if (line.sink == &sink) return line;
  }
  // What comes back has waited longer than all others.
  return *lines_.insert(in_front ? lines_.begin() : lines_.end(), {&sink, {}});
}

void WorkerPool::Push(const std::shared_ptr<Cell>& cell, bool in_front) {
  Line& line = LineOf(cell->sink(), in_front);
  // What comes back stands where it stood: several workers give back in whatever order.
  auto place = in_front ? line.cells.begin() : line.cells.end();
  while (place != line.cells.end() && (*place)->request().sequence < cell->request().sequence) {
    ++place;
  }
  line.cells.insert(place, cell);
  ++waiting_;
  waiting_bytes_ += cell->bytes();
}

bool WorkerPool::IsSeeking() const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [](const Line& line) { return line.sink->HasRoom(); });
}

std::shared_ptr<Cell> WorkerPool::Next() {
  const auto ready = std::find_if(lines_.begin(), lines_.end(),
                                  [](const Line& line) { return line.sink->HasRoom(); });
  if (ready == lines_.end()) return nullptr;
  // Those before it have lost their turn.
  lines_.splice(lines_.end(), lines_, lines_.begin(), ready);
  Line& line = lines_.front();
  std::shared_ptr<Cell> next = std::move(line.cells.front());
  line.cells.pop_front();
  --waiting_;
  waiting_bytes_ -= next->bytes();
  if (line.cells.empty()) lines_.pop_front();
  return next;
}

void WorkerPool::EndTurn() {
  if (lines_.size() > 1) lines_.splice(lines_.end(), lines_, lines_.begin());
}

void WorkerPool::Submit(const std::shared_ptr<Cell>& cell) { Push(cell, false); }

void WorkerPool::StopWaiting(Cell& cell, StopCause cause, const std::string& who) {
  for (auto line = lines_.begin(); line != lines_.end(); ++line) {
    if (line->sink != &cell.sink()) continue;
    const auto place = std::find_if(line->cells.begin(), line->cells.end(),
                                    [&](const auto& each) { return each.get() == &cell; });
    if (place == line->cells.end()) return;
    const std::shared_ptr<Cell> stopped = *place;
    line->cells.erase(place);
    --waiting_;
    waiting_bytes_ -= stopped->bytes();
    if (line->cells.empty()) lines_.erase(line);
    ExecutionEnd end;
    end.cause = cause;
    stopped->End(Judge(end, nullptr, who, {}), "");
    stopped->sink().OnBatchEnd();
    return;
  }
}

// ---- who does them ----

void WorkerPool::Dispatch() {
  if (is_dispatching_) return;
  is_dispatching_ = true;
  used_ = EventLoop::Clock::now();
  // First to who has nothing to do, then ahead of their turns, evenly.
  places_.Serve();
  while (IsSeeking() && !places_.OthersSeek(*this)) {
    Member* least = nullptr;
    for (Member& member : members_) {
      const PoolWorker& worker = *member.worker;
      if (!member.has_place || worker.state() != PoolWorker::State::kReady) continue;
      if (worker.handed() >= DepthOf(worker)) continue;
      // Behind something long nothing waits that could go elsewhere.
      if (!worker.IsIdle() && used_ > worker.since() + kLong) continue;
      if (least == nullptr || worker.handed() < least->worker->handed()) least = &member;
    }
    if (least == nullptr) break;
    const std::size_t before = waiting_;
    Feed(*least, std::max<std::size_t>(1, DepthOf(*least->worker) / 4));
    if (waiting_ == before) break;
  }
  for (Member& member : members_) member.worker->Wake();
  StartWorkers();
  is_dispatching_ = false;
  LookLater();
}

std::size_t WorkerPool::DepthOf(const PoolWorker& worker) const {
  const auto time = std::max(worker.usual_time(), std::chrono::nanoseconds(1000));
  return std::clamp<std::size_t>(static_cast<std::size_t>(kAhead / time), 2, kMostAhead);
}

void WorkerPool::Feed(Member& member, std::size_t most) {
  for (std::size_t i = 0; i < most; ++i) {
    const std::shared_ptr<Cell> cell = Next();
    if (cell == nullptr) break;
    if (member.worker->Hand(cell)) continue;
    Push(cell, true);
    break;
  }
  EndTurn();
}

bool WorkerPool::UsePlace() {
  // The one that was busy last: what it has is still warm.
  Member* best = nullptr;
  for (Member& member : members_) {
    const bool is_free = member.worker->state() == PoolWorker::State::kReady &&
                         member.worker->IsIdle() && !member.has_place;
    if (is_free && (best == nullptr || member.worker->since() > best->worker->since())) {
      best = &member;
    }
  }
  if (best == nullptr) {
    StartWorkers();
    return false;
  }
  Feed(*best, 1);
  if (best->worker->IsIdle()) return false;
  best->has_place = true;
  places_.Take();
  best->worker->Wake();
  return true;
}

// As many as have something to do, and one to take the place of one that dies.
void WorkerPool::StartWorkers() {
  std::size_t needed = std::min(places_.count(), IsSeeking() ? waiting_ : 0) + 1;
  std::size_t there = 0;
  for (const Member& member : members_) {
    const PoolWorker::State state = member.worker->state();
    if (state == PoolWorker::State::kEnding || state == PoolWorker::State::kEnded) continue;
    ++there;
    if (!member.worker->IsIdle()) ++needed;
  }
  needed = std::min(needed, places_.count() + 1);
  if (waiting_ == 0 && there == 0) return;
  const bool throttled = EventLoop::Clock::now() < last_failure_ + kAfterFailure;
  if (throttled && there > 0) return;
  PoolWorker::Owner& owner = *this;
  for (; there < needed; ++there) {
    members_.push_back({std::make_unique<PoolWorker>(loop_, spawner_, owner), false});
    members_.back().worker->Start(identity_, node_, false);
  }
}

WorkerPool::Member* WorkerPool::MemberOf(const PoolWorker& worker) {
  for (Member& member : members_) {
    if (member.worker.get() == &worker) return &member;
  }
  return nullptr;
}

void WorkerPool::OnProgress(PoolWorker& worker) {
  Member* const member = MemberOf(worker);
  if (member == nullptr) return;
  const bool has_ended = worker.state() == PoolWorker::State::kEnded;
  if (member->has_place && worker.IsIdle()) {
    // It keeps its place when there is more for it, unless others wait.
    if (worker.state() != PoolWorker::State::kReady || !IsSeeking() || places_.OthersSeek(*this)) {
      member->has_place = false;
      places_.GiveBack();
    } else {
      Feed(*member, DepthOf(worker));
      worker.Wake();
    }
  }
  if (has_ended) {
    const std::optional<Outcome> failure = worker.start_failure();
    const auto place = std::find_if(members_.begin(), members_.end(), [&](const Member& each) {
      return each.worker.get() == &worker;
    });
    // It is its own handler that runs here.
    loop_.Post([ended = std::shared_ptr<PoolWorker>(std::move(place->worker))] {});
    members_.erase(place);
    if (failure) FailToStart(*failure);
  }
  Dispatch();
  if (worker.state() == PoolWorker::State::kReady && worker.IsIdle()) places_.Serve();
}

// For want of a worker; not when others live, they do it.
void WorkerPool::FailToStart(const Outcome& failure) {
  last_failure_ = EventLoop::Clock::now();
  const bool others_live = std::any_of(members_.begin(), members_.end(), [](const Member& member) {
    return member.worker->state() == PoolWorker::State::kReady;
  });
  if (others_live) return;
  if (const std::shared_ptr<Cell> cell = Next()) {
    cell->End(failure, "");
    cell->sink().OnBatchEnd();
  }
}

void WorkerPool::OnGivenBack(PoolWorker&, const std::vector<std::shared_ptr<Cell>>& cells) {
  for (auto cell = cells.rbegin(); cell != cells.rend(); ++cell) Push(*cell, true);
}

// ---- now and then ----

// What waits behind something long goes to who has nothing to do.
void WorkerPool::Steal() {
  std::vector<PoolWorker*> ahead;
  for (const Member& member : members_) {
    if (member.worker->handed() > 1) ahead.push_back(member.worker.get());
  }
  // One that ends by that lives on until the loop's next task.
  for (PoolWorker* const worker : ahead) worker->Look();
  const auto now = EventLoop::Clock::now();
  for (Member& member : members_) {
    PoolWorker& worker = *member.worker;
    if (worker.state() != PoolWorker::State::kReady || worker.handed() < 2) continue;
    if (now < worker.since() + kLong) continue;
    OnGivenBack(worker, worker.TakeBack(worker.handed()));
  }
  if (waiting_ > 0) Dispatch();
}

void WorkerPool::DismissIdle() {
  const auto now = EventLoop::Clock::now();
  // While the pool is in use it keeps its spare.
  bool keeps_one = now <= used_ + kMaxIdle;
  for (Member& member : members_) {
    const bool is_long_idle = member.worker->state() == PoolWorker::State::kReady &&
                              !member.has_place && member.worker->IsIdle() &&
                              now > member.worker->since() + kMaxIdle;
    if (is_long_idle && !std::exchange(keeps_one, false)) member.worker->Dismiss();
  }
}

void WorkerPool::LookLater() {
  const std::weak_ptr<char> alive = life_;
  // What has been handed ahead needs close looks.
  const bool is_ahead = std::any_of(members_.begin(), members_.end(), [](const Member& member) {
    return member.worker->handed() > 1;
  });
  if (is_ahead && !looks_closely_) {
    looks_closely_ = true;
    loop_.After(kLong, [this, alive] {
      if (alive.expired()) return;
      looks_closely_ = false;
      Steal();
      LookLater();
    });
  }
  if (!looks_ && !members_.empty()) {
    looks_ = true;
    loop_.After(kBetweenLooks, [this, alive] {
      if (alive.expired()) return;
      looks_ = false;
      DismissIdle();
      LookLater();
    });
  }
}

}  // namespace muster::server
