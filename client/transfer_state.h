// Transfer::State: what every handle of one transfer shares: the call that carries it, the thread
// that is this end of it, and how it ended. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/ClusterAPI.h"
#include "client/call_state.h"
#include "client/put_source.h"
#include "common/mutex.h"
#include "files/problem.h"
#include "files/progress.h"
#include "files/receiver.h"

namespace muster {

class Transfer::State {
 public:
  // `call` may have ended already; then this ends as it did.
  static std::shared_ptr<State> Put(std::shared_ptr<Call::State> call,
                                    std::shared_ptr<const PutSource> source, bool is_durable);
  static std::shared_ptr<State> Get(std::shared_ptr<Call::State> call, files::Wanted wanted);
  ~State();  // stops it
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // ---- see Transfer ----
  const Outcome& Wait() MUSTER_EXCLUDES(mutex_);
  const Outcome* WaitFor(std::chrono::milliseconds time) MUSTER_EXCLUDES(mutex_);
  void Cancel(std::optional<std::chrono::milliseconds> grace) { call_->Cancel(grace); }
  TransferProgress GetProgress() MUSTER_EXCLUDES(mutex_);
  std::vector<FileProblem> Problems() MUSTER_EXCLUDES(mutex_);
  const Call::State& call() const { return *call_; }

 private:
  explicit State(std::shared_ptr<Call::State> call) : call_(std::move(call)) {}

  // On the thread.
  void RunPut(const PutSource& source, bool is_durable);
  void RunGet(files::Wanted wanted);
  void Finish(Outcome outcome, files::ProblemList problems) MUSTER_EXCLUDES(mutex_);
  // The thread's beginning; when there is none to be had, the end.
  template <typename Body>
  void Start(Body body);

  const std::shared_ptr<Call::State> call_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  files::Progress progress_;
  Mutex mutex_;
  CondVar changed_;
  std::optional<Outcome> outcome_ MUSTER_GUARDED_BY(mutex_);  // does not change any more then
  files::ProblemList problems_ MUSTER_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point ended_ MUSTER_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace muster
