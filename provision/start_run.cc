#include "provision/start_run.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <thread>

#include "common/node_fold.h"
#include "provision/node_health.h"
#include "provision/node_pool.h"

namespace muster::provision {
namespace {

constexpr std::chrono::milliseconds kFirstLook{20};
constexpr std::chrono::milliseconds kLastLook{1000};
constexpr std::chrono::milliseconds kAskEvery{100};

std::string Seconds(std::chrono::steady_clock::duration time) {
  return absl::StrFormat("%.1f s", std::chrono::duration<double>(time).count());
}

}  // namespace

StartRun::StartRun(Cluster& cluster, std::shared_ptr<CloudProvider> provider,
                   const StartOptions& options, const Watch& watch)
    : cluster_(cluster), provider_(std::move(provider)), options_(options), watch_(watch) {}

int StartRun::Interrupts() {
  const int times = watch_.interrupts ? watch_.interrupts() : 0;
  if (times > 0) is_interrupted_ = true;
  return times;
}

bool StartRun::GoesOn() { return Interrupts() == 0; }

void StartRun::Tell(const Course& course, NodeState state) {
  if (watch_.on_step) watch_.on_step({course.node, state, course.text});
}

Report StartRun::Run() {
  const ClusterRecord record = cluster_.record();
  timeout_ = options_.timeout.value_or(std::chrono::seconds(record.start_timeout));
  deadline_ = Clock::now() + timeout_;
  Sort();
  LaunchAll();
  WaitForAll();
  Report report;
  report.status = Judge();
  cluster_.PublishRecord();
  for (const Course& course : courses_) {
    report.nodes.push_back({course.node, course.state == Course::State::kAlive, course.text});
  }
  for (const auto& observer : cluster_.observers()) {
    observer->AfterStart(cluster_.record(), report, watch_);
  }
  return report;
}

void StartRun::Sort() {
  for (const NodeRecord& node : cluster_.Chosen(options_.only)) {
    Course course;
    course.node = node.name;
    course.kind = node.kind;
    course.begun = Clock::now();
    courses_.push_back(std::move(course));
  }
  // What has an instance may live; many are asked at once.
  ForEachBounded(
      courses_.size(), DefaultBound(),
      [this](std::size_t i) {
        Course& course = courses_[i];
        const absl::StatusOr<NodeRecord> node = cluster_.GetNode(course.node);
        if (!node.ok() || node->instance.id.empty()) return;
        if (IsPaused(node->state)) {
          course.text = "resuming";
          return;
        }
        const absl::Status looked = cluster_.LookAt(*provider_, course.node);
        if (!absl::IsAborted(looked)) course.state = Course::State::kLaunched;
      },
      [this] { return GoesOn(); });
}

void StartRun::LaunchOne(Course& course) {
  course.begun = Clock::now();
  const absl::StatusOr<NodeRecord> before = cluster_.GetNode(course.node);
  absl::Status status = before.status();
  if (status.ok()) {
    course.text = "starting";
    Tell(course, NodeState::kStarting);
    if (IsPaused(before->state)) {
      status = cluster_.ResumeOne(*provider_, course.node);
    } else {
      // What is left of the one before.
      if (!before->label.empty()) status = cluster_.EndInstance(*provider_, course.node);
      if (status.ok()) {
        course.is_ours = true;
        status = cluster_.Launch(*provider_, course.node);
      }
    }
  }
  if (!status.ok()) {
    course.text = Short(status.message());
    Tell(course, NodeState::kFailed);
  }
  const MutexLock lock(mutex_);
  launched_.emplace_back(&course, status.ok() ? Course::State::kLaunched : Course::State::kFailed);
}

// From here on these are no business of the threads that launch.
void StartRun::TakeLaunched() {
  const MutexLock lock(mutex_);
  for (const auto& [course, state] : launched_) course->state = state;
  launched_.clear();
}

// What lives is told while others are still being launched.
void StartRun::LookMeanwhile() {
  TakeLaunched();
  if (IsPending() && Clock::now() >= next_look_) Look();
}

// Of the nodes for which a new instance is going to be ordered.
absl::Status StartRun::TellObservers(const std::vector<Course*>& left) {
  std::vector<std::string> names;
  for (const Course* course : left) {
    const absl::StatusOr<NodeRecord> node = cluster_.GetNode(course->node);
    if (node.ok() && !IsPaused(node->state)) names.push_back(course->node);
  }
  return cluster_.TellBeforeStart(names, watch_);
}

void StartRun::LaunchAll() {
  std::vector<Course*> left;
  for (Course& course : courses_) {
    if (course.state == Course::State::kToLaunch) {
      course.state = Course::State::kNotBegun;
      course.text = "not begun";
      left.push_back(&course);
    }
  }
  if (!GoesOn()) return;
  refusal_ = TellObservers(left);
  if (!refusal_.ok() || !GoesOn()) return;
  const std::size_t bound = options_.max_concurrent > 0
                                ? static_cast<std::size_t>(options_.max_concurrent)
                                : std::max<std::size_t>(DefaultBound(), 16);
  ForEachBounded(
      left.size(), bound, [&](std::size_t i) { LaunchOne(*left[i]); },
      [this] {
        LookMeanwhile();
        return GoesOn() && Clock::now() < deadline_;
      });
  TakeLaunched();
}

bool StartRun::IsPending() const {
  return std::any_of(courses_.begin(), courses_.end(),
                     [](const Course& course) { return course.state == Course::State::kLaunched; });
}

void StartRun::Settle(Course& course, const absl::Status& status) {
  course.state = status.ok() ? Course::State::kAlive : Course::State::kFailed;
  course.text = status.ok() ? absl::StrCat("alive after ", Seconds(Clock::now() - course.begun))
                            : Short(status.message());
  if (status.ok() && !course.is_ours) course.text = "alive";
  const NodeState state = status.ok() ? NodeState::kRunning : NodeState::kFailed;
  const absl::Status saved = cluster_.Change(course.node, [&](NodeRecord& node) {
    node.state = state;
    node.last_error = status.ok() ? "" : course.text;
  });
  if (!saved.ok()) course.text = std::string(saved.message());
  Tell(course, state);
}

bool StartRun::LookAtPending() {
  std::vector<Course*> pending;
  for (Course& course : courses_) {
    if (course.state == Course::State::kLaunched) pending.push_back(&course);
  }
  std::vector<absl::Status> looked(pending.size(), absl::UnavailableError("not looked at"));
  ForEachBounded(
      pending.size(), DefaultBound(),
      [&](std::size_t i) { looked[i] = cluster_.LookAt(*provider_, pending[i]->node); },
      [this] { return GoesOn(); });
  std::vector<NodeRecord> running;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    const absl::StatusOr<NodeRecord> node = cluster_.GetNode(pending[i]->node);
    if (!looked[i].ok() || !node.ok()) continue;
    running.push_back(*node);
    places.push_back(i);
  }
  const std::vector<absl::Status> health = CheckHealth(running);
  for (std::size_t i = 0; i < places.size(); ++i) looked[places[i]] = health[i];
  bool changed = false;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    pending[i]->text = Short(looked[i].message());
    if (!looked[i].ok() && !absl::IsAborted(looked[i])) continue;
    Settle(*pending[i], looked[i]);
    changed = true;
  }
  return changed;
}

void StartRun::Look() {
  const bool has_changed = LookAtPending();
  if (has_changed) cluster_.PublishRecord();
  pause_ = has_changed ? kFirstLook : std::clamp(pause_ * 2, kFirstLook, kLastLook);
  next_look_ = Clock::now() + pause_;
}

void StartRun::WaitForAll() {
  while (IsPending()) {
    Look();
    if (!IsPending() || !GoesOn()) return;
    if (Clock::now() >= deadline_) {
      timed_out_ = true;
      for (Course& course : courses_) {
        if (course.state != Course::State::kLaunched) continue;
        Settle(course, absl::DeadlineExceededError(
                           absl::StrCat("not alive within ", timeout_.count(), " s",
                                        course.text.empty() ? "" : ": " + course.text)));
      }
      return;
    }
    for (auto left = pause_; left.count() > 0 && GoesOn(); left -= kAskEvery) {
      std::this_thread::sleep_for(std::min(left, kAskEvery));
    }
  }
}

std::vector<std::string> StartRun::Shortages() const {
  const ClusterRecord record = cluster_.record();
  std::map<std::string, int> all;
  std::map<std::string, int> alive;
  std::map<std::string, std::vector<std::string>> missing;
  for (const NodeRecord& node : record.nodes) {
    ++all[node.kind];
    const auto course = std::find_if(courses_.begin(), courses_.end(),
                                     [&](const Course& one) { return one.node == node.name; });
    const bool lives = course == courses_.end() ? node.state == NodeState::kRunning
                                                : course->state == Course::State::kAlive;
    if (lives) {
      ++alive[node.kind];
    } else {
      missing[node.kind].push_back(absl::StrCat(
          node.name, ": ", course == courses_.end() ? NameOf(node.state) : course->text));
    }
  }
  const auto& min_nodes = options_.min_nodes.empty() ? record.min_nodes : options_.min_nodes;
  for (const auto& [kind, number] : min_nodes) all.emplace(kind, 0);
  std::vector<std::string> shortages;
  for (const auto& [kind, number] : all) {
    const auto wanted = min_nodes.find(kind);
    int needed = wanted == min_nodes.end() ? number : wanted->second;
    // Of a part of the cluster only that part is promised.
    if (wanted == min_nodes.end() && !options_.only.empty()) {
      needed = static_cast<int>(
          std::count_if(courses_.begin(), courses_.end(),
                        [&kind = kind](const Course& one) { return one.kind == kind; }));
    }
    if (alive[kind] >= needed) continue;
    shortages.push_back(absl::StrCat(
        alive[kind], " of ", needed, " ", kind, " live", missing[kind].empty() ? "" : " (",
        absl::StrJoin(missing[kind], "; "), missing[kind].empty() ? "" : ")"));
  }
  return shortages;
}

void StartRun::StopOurs() {
  std::vector<Course*> ours;
  for (Course& course : courses_) {
    if (course.is_ours) ours.push_back(&course);
  }
  ForEachBounded(
      ours.size(), DefaultBound(),
      [&](std::size_t i) {
        const absl::Status stopped = cluster_.EndInstance(*provider_, ours[i]->node);
        if (!stopped.ok()) absl::StrAppend(&ours[i]->text, "; ", stopped.message());
        if (stopped.ok() && ours[i]->state == Course::State::kAlive) {
          ours[i]->text = "stopped, because others were not alive in time";
        }
        ours[i]->state = Course::State::kFailed;
        Tell(*ours[i], stopped.ok() ? NodeState::kDefined : NodeState::kStopping);
      },
      nullptr);
}

absl::Status StartRun::Judge() {
  const std::vector<std::string> shortages = Shortages();
  const std::string name = cluster_.record().name;
  if (is_interrupted_) {
    return absl::CancelledError(
        absl::StrCat("the start of ", name, " was interrupted; what runs is kept, and saved"));
  }
  if (!refusal_.ok()) return refusal_;
  if (shortages.empty()) return absl::OkStatus();
  const std::string why = absl::StrJoin(shortages, "; ");
  if (timed_out_) {
    const bool keeps = options_.keeps_on_timeout.value_or(cluster_.record().keeps_on_timeout);
    if (!keeps) StopOurs();
    return absl::DeadlineExceededError(
        absl::StrCat(name, " was not alive within ", timeout_.count(), " s: ", why, "; ",
                     keeps ? "what runs was kept" : "what this start had begun was stopped"));
  }
  const bool none = std::none_of(courses_.begin(), courses_.end(), [](const Course& course) {
    return course.state == Course::State::kAlive;
  });
  return absl::OutOfRangeError(absl::StrCat(none ? "No nodes could be started! " : "",
                                            "The cluster ", name, " has too few nodes: ", why,
                                            "; what lives is kept"));
}

}  // namespace muster::provision
