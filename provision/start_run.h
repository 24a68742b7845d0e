// StartRun: one Cluster::Start: launches what does not live, waits until it does, and judges what
// came of it. One thread, which looks at what was launched while others launch the rest.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/mutex.h"
#include "provision/cluster.h"

namespace muster::provision {

class StartRun {
 public:
  StartRun(Cluster& cluster, std::shared_ptr<CloudProvider> provider, const StartOptions& options,
           const Watch& watch);

  Report Run();

 private:
  using Clock = std::chrono::steady_clock;

  // What becomes of a node.
  struct Course {
    std::string node;
    std::string kind;
    enum class State { kToLaunch, kLaunched, kAlive, kFailed, kNotBegun } state = State::kToLaunch;
    bool is_ours = false;  // launched by this run
    std::string text;
    Clock::time_point begun = {};
  };

  bool GoesOn();
  int Interrupts();
  void Sort();  // what lives already, and what has to be launched
  absl::Status TellObservers(const std::vector<Course*>& left);
  void LaunchAll();
  void LaunchOne(Course& course) MUSTER_EXCLUDES(mutex_);  // on a thread of its own
  void TakeLaunched() MUSTER_EXCLUDES(mutex_);
  void LookMeanwhile();
  void WaitForAll();
  void Look();           // and says by next_look_ when again
  bool LookAtPending();  // whether something became alive, or failed
  void Settle(Course& course, const absl::Status& status);
  bool IsPending() const;
  // Kinds with fewer living nodes than promised, each in words; empty: none.
  std::vector<std::string> Shortages() const;
  absl::Status Judge();
  void StopOurs();
  void Tell(const Course& course, NodeState state);

  Cluster& cluster_;
  const std::shared_ptr<CloudProvider> provider_;
  const StartOptions& options_;
  const Watch& watch_;
  std::vector<Course> courses_;
  Clock::time_point deadline_;
  std::chrono::seconds timeout_{0};
  absl::Status refusal_;  // why nothing was launched
  bool is_interrupted_ = false;
  bool timed_out_ = false;
  std::chrono::milliseconds pause_{0};
  Clock::time_point next_look_ = {};
  Mutex mutex_;
  std::vector<std::pair<Course*, Course::State>> launched_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster::provision
