#include "shell/fan_out.h"

#include <algorithm>
#include <utility>

namespace muster::clustershell {

FanOut::FanOut(std::vector<Call> calls)
    : calls_(std::move(calls)), lanes_(calls_.size()), running_(calls_.size()) {
  readers_.reserve(calls_.size());
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    readers_.emplace_back([this, i] { Read(i); });
  }
}

FanOut::~FanOut() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
  }
  taken_.NotifyAll();
  Cancel(std::chrono::milliseconds(0));
  for (std::thread& reader : readers_) reader.join();
}

void FanOut::Read(std::size_t index) {
  while (std::optional<Event> event = calls_[index].next()) {
    MutexLock lock(mutex_);
    // A vector that does not grow: the reference stays good.
    Lane& lane = lanes_[index];
    while (lane.bytes >= Lane::kShelfBytes && !closing_) taken_.Wait(mutex_);
    if (closing_) continue;
    lane.bytes += event->data.size();
    lane.shelf.push_back(*std::move(event));
    arrived_.NotifyOne();
  }
  Outcome outcome = calls_[index].wait();
  MutexLock lock(mutex_);
  lanes_[index].outcome = std::move(outcome);
  arrived_.NotifyOne();
}

std::optional<FanOut::Happening> FanOut::Next() {
  MutexLock lock(mutex_);
  while (true) {
    if (interrupts_ > told_interrupts_) {
      told_interrupts_ = interrupts_;
      Happening happening;
      happening.kind = Happening::Kind::kInterrupted;
      happening.times = interrupts_;
      return happening;
    }
    if (running_ == 0) return std::nullopt;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      const std::size_t index = (turn_ + i) % lanes_.size();
      if (std::optional<Happening> happening = TakeFrom(index)) {
        turn_ = index + 1;
        return happening;
      }
    }
    arrived_.Wait(mutex_);
  }
}

std::optional<FanOut::Happening> FanOut::TakeFrom(std::size_t index) {
  Lane& lane = lanes_[index];
  Happening happening;
  happening.call = index;
  if (!lane.shelf.empty()) {
    happening.kind = Happening::Kind::kOutput;
    happening.event = std::move(lane.shelf.front());
    lane.shelf.pop_front();
    lane.bytes -= happening.event.data.size();
    taken_.NotifyAll();
    return happening;
  }
  if (lane.outcome && !lane.ended) {
    lane.ended = true;
    --running_;
    happening.kind = Happening::Kind::kEnded;
    happening.outcome = *std::move(lane.outcome);
    return happening;
  }
  return std::nullopt;
}

void FanOut::Cancel(std::optional<std::chrono::milliseconds> grace) {
  for (Call& call : calls_) call.cancel(grace);
}

void FanOut::Interrupt(int times) {
  {
    // Before the cancel, so that the word comes before the outcomes that it brings about.
    MutexLock lock(mutex_);
    interrupts_ = std::max(interrupts_, times);
    arrived_.NotifyOne();
  }
  if (times > 1) {
    Cancel(std::chrono::milliseconds(0));
  } else {
    Cancel();
  }
}

}  // namespace muster::clustershell
