#include "server/execution/execution_table.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <signal.h>

#include <utility>

namespace muster::server {
namespace {

// At a process that was killed and does not go.
constexpr std::chrono::seconds kBetweenLooks{1};

bool ProcessIsThere(std::int64_t pid) {
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH;
}

// What one that waits holds in memory, bytes.
std::size_t SizeOf(const Execution& execution) {
  const LaunchRequest& launch = execution.request().launch;
  std::size_t bytes = sizeof(Execution) + launch.source.size();
  for (const auto* list : {&launch.arguments, &launch.environment}) {
    for (const std::string& item : *list) bytes += sizeof(std::string) + item.size();
  }
  return bytes;
}

}  // namespace

ExecutionTable::ExecutionTable(EventLoop& loop, SpawnerClient& spawner, PythonPlaces& places,
                               PoolTable& pools, Admission admission, std::vector<Slot> slots)
    : loop_(loop),
      spawner_(spawner),
      places_(places),
      pools_(pools),
      admission_(admission),
      slots_(std::move(slots)),
      slot_queue_(slots_) {
  places_.Add(*this);
}

ExecutionTable::~ExecutionTable() { places_.Remove(*this); }

std::string ExecutionTable::WhyNot() const {
  if (draining_) return who_drains_;
  const std::size_t waiting =
      python_.size() + programs_.size() + slot_queue_.size() + pools_.waiting();
  const std::size_t bytes = queued_bytes_ + pools_.waiting_bytes();
  if (waiting >= admission_.queued) {
    return absl::StrCat("its queue is full: ", waiting,
                        " executions wait already; try again later, or raise max_queued in its "
                        "[daemon] section");
  }
  if (bytes >= admission_.queued_bytes) {
    return absl::StrCat("its queue is full: the ", waiting, " executions that wait hold ",
                        bytes >> 20, " MiB already; try again later");
  }
  return "";
}

std::shared_ptr<Execution> ExecutionTable::Submit(ExecutionRequest request,
                                                  std::shared_ptr<ExecutionSink> sink) {
  const ExecutionKey key = request.key;
  auto execution = std::make_shared<Execution>(loop_, std::move(request), std::move(sink),
                                               [this](Execution& ended) { Remove(ended); });
  executions_[key] = execution;
  if (execution->HasSlots()) {
    slot_queue_.Push(execution);
  } else {
    (execution->IsPython() ? python_ : programs_).Push(execution);
  }
  queued_bytes_ += SizeOf(*execution);
  StartQueued();
  return execution;
}

std::shared_ptr<Execution> ExecutionTable::Find(const ExecutionKey& key) const {
  const auto found = executions_.find(key);
  return found == executions_.end() ? nullptr : found->second;
}

void ExecutionTable::StartQueued() {
  do {
    places_.Serve();
    if (running_ >= admission_.running) return;
    const std::shared_ptr<Execution> next = Next(false);
    if (next == nullptr) return;
    Start(next);
  } while (true);
}

std::shared_ptr<Execution> ExecutionTable::Next(bool is_python) {
  FairQueue& others = is_python ? python_ : programs_;
  if (others.IsEmpty()) return slot_queue_.Pop(is_python);
  if (!slot_queue_.HasNext(is_python)) return others.Pop();
  bool& others_are_next = others_are_next_[is_python ? 1 : 0];
  others_are_next = !others_are_next;
  return others_are_next ? others.Pop() : slot_queue_.Pop(is_python);
}

bool ExecutionTable::IsSeeking() const {
  return running_ < admission_.running && (!python_.IsEmpty() || slot_queue_.HasNext(true));
}

bool ExecutionTable::UsePlace() {
  places_.Take();
  Start(Next(true));
  return true;
}

void ExecutionTable::Start(const std::shared_ptr<Execution>& execution) {
  ++running_;
  queued_bytes_ -= SizeOf(*execution);
  if (execution->HasSlots()) {
    StartWithSlots(*execution);
  } else {
    execution->Start(spawner_);
  }
}

void ExecutionTable::StartWithSlots(Execution& execution) {
  // Its turn came because they are free.
  SlotGrant grant = *slots_.Take(execution.request().slots);
  std::vector<std::string> environment = slots_.Environment(grant);
  execution.StartWithSlots(
      spawner_, std::move(environment),
      [this, grant = std::move(grant)](std::int64_t unkillable) { GiveBack(grant, unkillable); });
}

void ExecutionTable::GiveBack(const SlotGrant& grant, std::int64_t unkillable) {
  if (unkillable > 0 && ProcessIsThere(unkillable)) {
    loop_.After(kBetweenLooks, [this, grant, unkillable] { GiveBack(grant, unkillable); });
    return;
  }
  slots_.GiveBack(grant);
  // Not from inside the Start or the end of another one.
  loop_.Post([this] { StartQueued(); });
}

void ExecutionTable::Remove(const Execution& execution) {
  if (execution.HasSlots() && slot_queue_.Remove(execution)) {
    queued_bytes_ -= SizeOf(execution);
    // Others may have waited behind it for what is free.
    loop_.Post([this] { StartQueued(); });
  } else if (python_.Remove(execution) || programs_.Remove(execution)) {
    queued_bytes_ -= SizeOf(execution);
  } else {
    --running_;
    if (execution.IsPython()) places_.GiveBack();
    // Not from inside the Start or Finish of another one.
    loop_.Post([this] { StartQueued(); });
  }
  executions_.erase(execution.request().key);
  if (draining_ && executions_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

void ExecutionTable::Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
                           std::function<void()> on_empty) {
  draining_ = true;
  who_drains_ = who;
  if (on_empty) on_empty_ = std::move(on_empty);
  const auto running = executions_;  // Stop may remove
  for (const auto& [key, execution] : running) execution->Stop(StopCause::kDrain, grace, who);
  if (executions_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

}  // namespace muster::server
