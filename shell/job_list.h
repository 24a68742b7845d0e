// JobList: the tracked lines that this shell ran and runs, by number: for `jobs`, `cancel`,
// `rerun`, `fold` and `diff`. Lives on the main thread.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/background_run.h"
#include "shell/line_flags.h"
#include "shell/line_record.h"

namespace muster::clustershell {

class LineRun;

// One of them.
struct Job {
  Job();
  ~Job();
  int id = 0;        // from 1
  std::string line;  // as it was typed
  Command command{""};
  LineOptions options;
  std::vector<std::string> nodes;
  std::chrono::steady_clock::time_point begun;
  // Of one that has ended:
  bool has_ended = false;
  std::chrono::milliseconds elapsed{0};
  std::vector<std::string> failed;  // nodes
  int exit_code = 0;
  std::string summary;
  std::unique_ptr<LineRecord> record;  // what its nodes wrote; null: no longer known
  // Of one in front of the prompt, until it has ended: it runs, or waits for input.
  std::unique_ptr<LineRun> front;
  // Of one in the background.
  std::unique_ptr<BackgroundRun> run;
  bool is_told = false;  // that it has ended
  int cancels = 0;       // how often it was asked to stop

  const LineRecord* output() const { return run ? &run->record() : record.get(); }
  // "running", "waiting", "ok", "failed".
  const char* state() const;
};

class JobList {
 public:
  // Told of each one that ends, by the thread that looks.
  using OnEnd = std::function<void(const Job& job, const std::vector<Outcome>& outcomes)>;
  void set_on_end(OnEnd on_end) { on_end_ = std::move(on_end); }

  static constexpr std::size_t kMostJobs = 100;   // that have ended
  static constexpr std::size_t kMostRecords = 3;  // of lines in the background; else the last one's

  // The reference is good until the next Begin.
  Job& Begin(const std::string& line, const std::vector<std::string>& nodes, const Command& command,
             const LineOptions& options);
  void End(Job& job, const std::vector<Outcome>& outcomes, std::chrono::milliseconds elapsed,
           int exit_code);

  // After the end of one in front of the prompt.
  void EndFront(Job& job);

  // Looks which ones in the background have ended.
  void Refresh();
  // Tells what came of those that wait for input.
  void Look();
  bool DoesAnyWait() const;
  // Of all that are known, the oldest first.
  std::list<Job>& all() { return jobs_; }
  // Null when there is none of this number.
  Job* Find(int id);
  // The last that has ended; null: none has.
  Job* LastEnded();

 private:
  void Forget();

  OnEnd on_end_;
  int last_id_ = 0;
  std::list<Job> jobs_;
};

}  // namespace muster::clustershell
