// Call::State: what every handle of one call shares: the output that nobody has read yet, and the
// outcome. The runner of the call puts events in at one end, the user's threads take them out at
// the other. It does not know how the call is run; CallControl does. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/ClusterAPI.h"
#include "client/call_input.h"
#include "common/mutex.h"

namespace muster {

// What a call asks of whoever runs it. Thread-safe; never blocks.
class CallControl {
 public:
  virtual ~CallControl() = default;
  // After AddOutput said that there is no room: now there is.
  virtual void ReadOn() = 0;
  // Somebody is about to wait for it: what is still held back to go with others goes now.
  virtual void SendNow() {}
  virtual void Cancel(std::optional<std::chrono::milliseconds> grace) = 0;
  // The last handle went: nobody waits for the outcome.
  virtual void Abandon() = 0;
};

class Call::State {
 public:
  // `input`: what the user may say to it; null: nothing. `whole`: the call of which this is one
  // try; its output and its id are passed on there; null: none.
  explicit State(std::string node, std::shared_ptr<CallInput> input = nullptr,
                 std::shared_ptr<State> whole = nullptr)
      : node_(std::move(node)), input_(std::move(input)), whole_(std::move(whole)) {}

  // ---- the user's side (see Call) ----
  const std::string& node() const { return node_; }
  std::string id() const;
  const std::shared_ptr<CallInput>& input() const { return input_; }
  std::optional<Event> Next();
  bool NextFor(std::chrono::milliseconds time, std::optional<Event>* event);
  const Outcome& Wait();
  // For the last handle: what it leaves behind is an outcome without its contents.
  Outcome TakeOutcome() MUSTER_EXCLUDES(mutex_);
  const Outcome* WaitFor(std::chrono::milliseconds time);
  bool IsDone() const;
  bool IsOk() const;
  // From now on nothing waits for a reader: output is kept as far as there is room for it, and more
  // is thrown away.
  void Shed();
  // Before somebody blocks for it: what is held back to go with others goes out now.
  void SendNow() MUSTER_EXCLUDES(mutex_);
  // `done` is called once when the outcome is there: by whoever brings it, or now. Must not block.
  void WhenDone(std::function<void()> done);
  // `ready` is called by whoever brings output or the end, while there was none of either to take.
  // Must not block.
  void Watch(std::function<void()> ready) MUSTER_EXCLUDES(mutex_);
  // A deadline that cannot overflow, however long the caller is ready to wait.
  static std::chrono::steady_clock::time_point After(std::chrono::milliseconds time);
  void Cancel(std::optional<std::chrono::milliseconds> grace);
  void Detach();
  // The last handle went.
  void Abandon();

  // ---- the runner's side ----
  // Before the call runs. Let go when the call ends.
  void SetControl(std::shared_ptr<CallControl> control);
  // Before it is sent.
  void SetId(std::string id);
  // The same, its text made when it is asked for: that of the stream id, and the sequence number.
  void SetId(std::shared_ptr<const std::string> stream, std::uint64_t sequence);
  // Whether there is room for more. If not: no more is to be read until ReadOn.
  [[nodiscard]] bool AddOutput(Event event);
  // Of a try: there is room for more again.
  void ReadOn() MUSTER_EXCLUDES(mutex_);
  // Only the first outcome counts.
  void Finish(Outcome outcome);

 private:
  // Takes an event out, or finds that there will be none. False: neither yet. `read_on` is set when
  // the control has to be told so.
  bool Take(std::optional<Event>* event, std::shared_ptr<CallControl>* read_on)
      MUSTER_REQUIRES(mutex_);
  // From now on output is thrown away as it comes.
  std::shared_ptr<CallControl> Discard() MUSTER_REQUIRES(mutex_);

  const std::string node_;
  const std::shared_ptr<CallInput> input_;
  const std::shared_ptr<State> whole_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::shared_ptr<CallControl> control_ MUSTER_GUARDED_BY(mutex_);
  std::string id_ MUSTER_GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> stream_ MUSTER_GUARDED_BY(mutex_);  // null: id_ has it all
  std::uint64_t sequence_ MUSTER_GUARDED_BY(mutex_) = 0;
  std::list<Event> output_ MUSTER_GUARDED_BY(mutex_);  // which takes nothing while it is empty
  std::size_t output_bytes_ MUSTER_GUARDED_BY(mutex_) = 0;
  bool is_paused_ MUSTER_GUARDED_BY(mutex_) = false;  // the runner waits for ReadOn
  bool discards_ MUSTER_GUARDED_BY(mutex_) = false;
  bool sheds_ MUSTER_GUARDED_BY(mutex_) = false;
  bool is_detached_ MUSTER_GUARDED_BY(mutex_) = false;
  // Who called Next last; none when nobody reads.
  std::thread::id reader_ MUSTER_GUARDED_BY(mutex_);
  std::shared_ptr<const std::function<void()>> ready_ MUSTER_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> when_done_ MUSTER_GUARDED_BY(mutex_);
  std::optional<Outcome> outcome_
      MUSTER_GUARDED_BY(mutex_);  // changed only by TakeOutcome once it is there
};

}  // namespace muster
