#include "server/execution/execution_table.h"

#include <algorithm>

namespace muster::server {

std::shared_ptr<Execution> ExecutionTable::Submit(ExecutionRequest request,
                                                  std::shared_ptr<ExecutionSink> sink) {
  if (executions_.count(request.key) != 0) return nullptr;
  const ExecutionKey key = request.key;
  auto execution = std::make_shared<Execution>(loop_, std::move(request), std::move(sink),
                                               [this](Execution& ended) { Remove(ended); });
  executions_[key] = execution;
  if (execution->IsPython()) {
    queue_.push_back(execution);
    StartQueued();
  } else {
    execution->Start(spawner_);
  }
  return execution;
}

std::shared_ptr<Execution> ExecutionTable::Find(const ExecutionKey& key) const {
  const auto found = executions_.find(key);
  return found == executions_.end() ? nullptr : found->second;
}

void ExecutionTable::StartQueued() {
  while (python_running_ < workers_ && !queue_.empty()) {
    const std::shared_ptr<Execution> next = queue_.front();
    queue_.pop_front();
    ++python_running_;
    next->Start(spawner_);
  }
}

void ExecutionTable::Remove(const Execution& execution) {
  const auto waiting = std::find_if(queue_.begin(), queue_.end(),
                                    [&](const auto& queued) { return queued.get() == &execution; });
  if (waiting != queue_.end()) {
    queue_.erase(waiting);
  } else if (execution.IsPython()) {
    --python_running_;
    // Not from inside the Start or Finish of another one.
    loop_.Post([this] { StartQueued(); });
  }
  executions_.erase(execution.request().key);
  if (draining_ && executions_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

void ExecutionTable::Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
                           std::function<void()> on_empty) {
  draining_ = true;
  if (on_empty) on_empty_ = std::move(on_empty);
  const auto running = executions_;  // Stop may remove
  for (const auto& [key, execution] : running) execution->Stop(StopCause::kDrain, grace, who);
  if (executions_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

}  // namespace muster::server
