// BackgroundRun: a line that nobody waits for: a thread reads what its nodes write into a record.
// Thread-safe; record() and outcomes() are for after the end.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "shell/fan_out.h"
#include "shell/line_record.h"

namespace muster::clustershell {

class BackgroundRun {
 public:
  BackgroundRun(std::shared_ptr<FanOut> fan_out, const std::vector<std::string>& nodes);
  // Stops what still runs, at once.
  ~BackgroundRun();
  BackgroundRun(const BackgroundRun&) = delete;
  BackgroundRun& operator=(const BackgroundRun&) = delete;

  // For Signals, and to stop it.
  const std::shared_ptr<FanOut>& fan_out() const { return fan_out_; }
  bool has_ended() const MUSTER_EXCLUDES(mutex_);
  std::size_t ended_nodes() const MUSTER_EXCLUDES(mutex_);
  void WaitForEnd() MUSTER_EXCLUDES(mutex_);

  LineRecord& record() { return record_; }
  const std::vector<Outcome>& outcomes() const { return outcomes_; }
  std::chrono::milliseconds elapsed() const { return elapsed_; }

 private:
  void Run() MUSTER_EXCLUDES(mutex_);

  const std::shared_ptr<FanOut> fan_out_;
  // Of the thread, until it has ended.
  LineRecord record_;
  std::vector<Outcome> outcomes_;
  std::chrono::milliseconds elapsed_{0};
  mutable Mutex mutex_;
  CondVar ended_changed_;
  bool has_ended_ MUSTER_GUARDED_BY(mutex_) = false;
  std::size_t ended_nodes_ MUSTER_GUARDED_BY(mutex_) = 0;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace muster::clustershell
