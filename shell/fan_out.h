// FanOut: several calls that run at once, read in fair turns: a node that prints without end waits
// until the others had theirs. It does not know what the output is for.
//
// Next, Cancel and the destructor belong to one thread, Interrupt may come from any.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
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
    enum class Kind { kOutput, kEnded, kInterrupted, kNothing };
    Kind kind = Kind::kOutput;
    std::size_t call = 0;  // kOutput, kEnded: which one, in the order given
    Event event;           // kOutput
    Outcome outcome;       // kEnded; after it nothing comes from this call
    int times = 0;         // kInterrupted
  };
  // Sends the call with this number, from 0. Called on threads of the FanOut.
  using Send = std::function<Call(std::size_t)>;
  struct Pace {
    std::size_t at_once = 0;  // so many calls; 0: all
    // One that is not sent by then, for there is no connection, is given up as unreachable.
    std::optional<std::chrono::milliseconds> connect_timeout;
  };

  explicit FanOut(std::vector<Call> calls) : FanOut(std::move(calls), Pace()) {}
  // They were sent all at once.
  FanOut(std::vector<Call> calls, const Pace& pace);
  // Each is sent when its turn has come. Whatever was not sent before a Cancel is never sent.
  FanOut(std::size_t count, Send send, const Pace& pace);
  // Cancels what still runs, at once, and waits for it.
  ~FanOut() override;

  // What happened next; blocks until something did, or until `latest`: kNothing. Empty: every call
  // has ended.
  std::optional<Happening> Next(std::chrono::steady_clock::time_point latest = kNever)
      MUSTER_EXCLUDES(mutex_);

  // Asks every node to stop, over the calls' own grace or over `grace`.
  void Cancel(std::optional<std::chrono::milliseconds> grace = std::nullopt)
      MUSTER_EXCLUDES(mutex_);

  // To the standard input of a call of interact().
  void Write(std::size_t index, const std::string& input) MUSTER_EXCLUDES(mutex_);
  void EndInput(std::size_t index) MUSTER_EXCLUDES(mutex_);

  // The first time with the calls' own grace, then with none.
  void Interrupt(int times) override MUSTER_EXCLUDES(mutex_);

 private:
  static constexpr auto kNever = std::chrono::steady_clock::time_point::max();

  // One call and what its reader has got from it. The reader waits when the shelf is full, and the
  // call then makes the node wait.
  struct Lane {
    static constexpr std::size_t kShelfBytes = 256u << 10;
    std::optional<Call> call;  // once it was sent
    std::deque<Event> shelf;
    std::size_t bytes = 0;
    std::optional<Outcome> outcome;
    bool ended = false;  // and said so
  };

  void StartReaders(std::size_t count);
  // Sends and reads one call after the other, until none is left.
  void Work() MUSTER_EXCLUDES(mutex_);
  // The next one to read; empty: there is none any more.
  std::optional<std::size_t> TakeTurn() MUSTER_EXCLUDES(mutex_);
  // Empty: it is too late for it.
  std::optional<Call> SendOne(std::size_t index) MUSTER_EXCLUDES(mutex_);
  void Read(std::size_t index, Call call) MUSTER_EXCLUDES(mutex_);
  void Shelve(std::size_t index, Event event) MUSTER_EXCLUDES(mutex_);
  void Finish(std::size_t index, Outcome outcome) MUSTER_EXCLUDES(mutex_);
  // Gives it up when it is not sent in time; true: that was so.
  bool IsGivenUp(std::size_t index, Call& call) MUSTER_EXCLUDES(mutex_);
  // Empty: it is not sent yet.
  std::optional<Call> CallOf(std::size_t index) MUSTER_EXCLUDES(mutex_);
  std::optional<Happening> TakeFrom(std::size_t index) MUSTER_REQUIRES(mutex_);

  const Pace pace_;
  const Send send_;
  Mutex mutex_;
  CondVar arrived_;  // for Next
  CondVar taken_;    // for the readers
  std::vector<Lane> lanes_ MUSTER_GUARDED_BY(mutex_);
  std::size_t next_ MUSTER_GUARDED_BY(mutex_) = 0;  // to be read
  std::size_t turn_ MUSTER_GUARDED_BY(mutex_) = 0;
  std::size_t running_ MUSTER_GUARDED_BY(mutex_) = 0;
  int interrupts_ MUSTER_GUARDED_BY(mutex_) = 0;
  int told_interrupts_ MUSTER_GUARDED_BY(mutex_) = 0;
  bool cancelled_ MUSTER_GUARDED_BY(mutex_) = false;
  bool closing_ MUSTER_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> readers_;  // last: they use all of the above
};

}  // namespace muster::clustershell
