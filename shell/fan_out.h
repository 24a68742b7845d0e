// FanOut: several calls that run at once, read in fair turns: a node that prints without end waits
// until the others had theirs. It does not know what the output is for.
//
// Next, Cancel and the destructor belong to one thread, Interrupt may come from any.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "client/ClusterAPI.h"
#include "common/mutex.h"
#include "shell/signals.h"

namespace muster::clustershell {

class FanOut : public Interruptible {
 public:
  struct Happening {
    enum class Kind { kOutput, kEnded, kInterrupted };
    Kind kind = Kind::kOutput;
    std::size_t call = 0;  // kOutput, kEnded: which one, in the order given
    Event event;           // kOutput
    Outcome outcome;       // kEnded; after it nothing comes from this call
    int times = 0;         // kInterrupted
  };

  explicit FanOut(std::vector<Call> calls);
  // Cancels what still runs, at once, and waits for it.
  ~FanOut() override;

  // What happened next; blocks until something did. Empty: every call has ended.
  std::optional<Happening> Next() MUSTER_EXCLUDES(mutex_);

  // Asks every node to stop, over the calls' own grace or over `grace`.
  void Cancel(std::optional<std::chrono::milliseconds> grace = std::nullopt);

  // The first time with the calls' own grace, then with none.
  void Interrupt(int times) override MUSTER_EXCLUDES(mutex_);

 private:
  // One call and what its reader has got from it. The reader waits when the shelf is full, and the
  // call then makes the node wait.
  struct Lane {
    static constexpr std::size_t kShelfBytes = 256u << 10;
    std::deque<Event> shelf;
    std::size_t bytes = 0;
    std::optional<Outcome> outcome;
    bool ended = false;  // and said so
  };

  void Read(std::size_t index) MUSTER_EXCLUDES(mutex_);
  std::optional<Happening> TakeFrom(std::size_t index) MUSTER_REQUIRES(mutex_);

  std::vector<Call> calls_;  // does not change; a Call is thread-safe
  Mutex mutex_;
  CondVar arrived_;  // for Next
  CondVar taken_;    // for the readers
  std::vector<Lane> lanes_ MUSTER_GUARDED_BY(mutex_);
  std::size_t turn_ MUSTER_GUARDED_BY(mutex_) = 0;
  std::size_t running_ MUSTER_GUARDED_BY(mutex_) = 0;
  int interrupts_ MUSTER_GUARDED_BY(mutex_) = 0;
  int told_interrupts_ MUSTER_GUARDED_BY(mutex_) = 0;
  bool closing_ MUSTER_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> readers_;  // last: they use all of the above
};

}  // namespace muster::clustershell
