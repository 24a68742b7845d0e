#include "shell/job_list.h"

#include <algorithm>

#include "shell/exit_code.h"
#include "shell/line_run.h"
#include "shell/summary.h"

namespace muster::clustershell {

Job::Job() = default;
Job::~Job() = default;

const char* Job::state() const {
  if (!has_ended) return front && !front->waiting().empty() ? "waiting" : "running";
  return exit_code == kExitOk ? "ok" : "failed";
}

Job& JobList::Begin(const std::string& line, const std::vector<std::string>& nodes,
                    const Command& command, const LineOptions& options) {
  Forget();
  Job& job = jobs_.emplace_back();
  job.id = ++last_id_;
  job.line = line;
  job.nodes = nodes;
  job.command = command;
  job.options = options;
  job.begun = std::chrono::steady_clock::now();
  return job;
}

void JobList::End(Job& job, const std::vector<Outcome>& outcomes, std::chrono::milliseconds elapsed,
                  int exit_code) {
  job.has_ended = true;
  job.elapsed = elapsed;
  job.exit_code = exit_code;
  job.summary = Summarize(outcomes, elapsed);
  for (const Outcome& outcome : outcomes) {
    if (ExitOf(outcome) != kExitOk) job.failed.push_back(outcome.node);
  }
  if (on_end_) on_end_(job, outcomes);
}

void JobList::EndFront(Job& job) {
  End(job, job.front->outcomes(), job.front->elapsed(), job.front->exit_code());
  job.record = job.front->TakeRecord();
  job.front = nullptr;
}

void JobList::Look() {
  for (Job& job : jobs_) {
    if (job.front && job.front->Look()) EndFront(job);
  }
}

bool JobList::DoesAnyWait() const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [](const Job& job) { return job.front && !job.front->waiting().empty(); });
}

void JobList::Refresh() {
  for (Job& job : jobs_) {
    if (job.has_ended || !job.run || !job.run->has_ended()) continue;
    int exit_code = kExitOk;
    for (const Outcome& outcome : job.run->outcomes()) {
      exit_code = job.options.returns_remote_code ? std::max(exit_code, RemoteCodeOf(outcome))
                                                  : WorseExit(exit_code, ExitOf(outcome));
    }
    End(job, job.run->outcomes(), job.run->elapsed(), exit_code);
  }
}

Job* JobList::Find(int id) {
  for (Job& job : jobs_) {
    if (job.id == id) return &job;
  }
  return nullptr;
}

Job* JobList::LastEnded() {
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) {
    if (job->has_ended) return &*job;
  }
  return nullptr;
}

void JobList::Forget() {
  std::size_t ended = 0;
  std::size_t records = 0;
  for (auto job = jobs_.end(); job != jobs_.begin();) {
    --job;
    if (!job->has_ended) continue;
    job->record = nullptr;  // a line in front of the prompt: the next one takes its place
    if (job->run && job->is_told && ++records > kMostRecords) job->run = nullptr;
    if (++ended >= kMostJobs) job = jobs_.erase(job);
  }
}

}  // namespace muster::clustershell
