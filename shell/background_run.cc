#include "shell/background_run.h"

#include <optional>
#include <utility>

namespace muster::clustershell {

BackgroundRun::BackgroundRun(std::shared_ptr<FanOut> fan_out, const std::vector<std::string>& nodes)
    : fan_out_(std::move(fan_out)), record_(nodes), outcomes_(nodes.size()) {
  for (std::size_t i = 0; i < nodes.size(); ++i) outcomes_[i].node = nodes[i];
  thread_ = std::thread([this] { Run(); });
}

BackgroundRun::~BackgroundRun() {
  fan_out_->Interrupt(2);
  thread_.join();
}

bool BackgroundRun::has_ended() const {
  MutexLock lock(mutex_);
  return has_ended_;
}

std::size_t BackgroundRun::ended_nodes() const {
  MutexLock lock(mutex_);
  return ended_nodes_;
}

void BackgroundRun::WaitForEnd() {
  MutexLock lock(mutex_);
  while (!has_ended_) ended_changed_.Wait(mutex_);
}

void BackgroundRun::Run() {
  const auto begun = std::chrono::steady_clock::now();
  while (std::optional<FanOut::Happening> happening = fan_out_->Next()) {
    if (happening->kind == FanOut::Happening::Kind::kOutput) {
      record_.OnOutput(happening->call, happening->event);
    }
    if (happening->kind != FanOut::Happening::Kind::kEnded) continue;
    happening->outcome.node = outcomes_[happening->call].node;
    record_.OnEnd(happening->call, happening->outcome);
    outcomes_[happening->call] = std::move(happening->outcome);
    MutexLock lock(mutex_);
    ++ended_nodes_;
  }
  elapsed_ = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  record_.OnAllEnded(elapsed_);
  MutexLock lock(mutex_);
  has_ended_ = true;
  ended_changed_.NotifyAll();
}

}  // namespace muster::clustershell
