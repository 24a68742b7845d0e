#include "provision/local_provider.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "common/address.h"
#include "common/child_process.h"
#include "common/mutex.h"
#include "common/own_program.h"
#include "common/status_macros.h"
#include "common/unique_fd.h"
#include "provision/daemon_order.h"
#include "provision/daemon_settings.h"
#include "provision/local_place.h"
#include "provision/process_scan.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

namespace fs = std::filesystem;

// What a daemon, and all that it runs, has to end in order.
constexpr std::chrono::seconds kGrace{8};
constexpr int kMostTries = 5;
constexpr char kPaused[] = "stopped";

bool IsRandom(const std::string& text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class LocalProvider : public CloudProvider {
 public:
  LocalProvider(Settings settings, std::string root, std::string clusterd)
      : settings_(std::move(settings)), root_(std::move(root)), clusterd_(std::move(clusterd)) {}

  ProviderRecord record() const override { return {"local", settings_}; }

  absl::StatusOr<Instance> Start(const StartOrder& order) override MUSTER_EXCLUDES(mutex_) {
    ASSIGN_OR_RETURN(const LocalPlace place, PlaceOf(order.node.label));
    // The name of the folder is the label: from here on it can be found. Who stops the
    // last one of a cluster removes the folder of that, perhaps while we make ours.
    absl::Status made;
    for (int tries = 0; tries < kMostTries; ++tries) {
      made = MakeFolders(place.folder());
      if (made.ok()) break;
    }
    RETURN_IF_ERROR(made);
    RETURN_IF_ERROR(ReplaceFile(place.mark(), order.node.label + "\n"));
    RETURN_IF_ERROR(MakeFolders(place.home()));
    const std::string variable = absl::StrCat("MUSTER_INSTANCE=", order.node.label);
    ASSIGN_OR_RETURN(const DaemonOrder daemon, DaemonOrderOf(order.node, settings_));
    RETURN_IF_ERROR(ReplaceFile(place.configuration(), daemon.section));
    const UniqueFd log(
        ::open(place.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!log.IsOpen() || !nothing.IsOpen()) {
      return absl::UnavailableError(
          absl::StrCat("cannot open ", place.log(), ": ", ::strerror(errno)));
    }
    ChildProcess::Options child;
    child.argv = {clusterd_,
                  "--name",
                  order.node.name,
                  "--listen",
                  absl::StrCat("unix:", place.socket()),
                  "--config",
                  place.configuration()};
    child.fds = {{nothing.get(), 0}, {log.get(), 1}, {log.get(), 2}};
    child.directory = place.home();
    child.new_session = true;  // the terminal's signals are not for it
    child.extra_environment = daemon.environment;
    child.extra_environment.insert(child.extra_environment.end(),
                                   {variable, absl::StrCat("HOME=", place.home())});
    ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::Start(child));
    RETURN_IF_ERROR(ReplaceFile(place.pid_file(), absl::StrCat(process.pid(), "\n")));
    Keep(place.folder(), std::move(process));
    return InstanceAt(place);
  }

  absl::Status Stop(const Instance& instance) override MUSTER_EXCLUDES(mutex_) {
    ASSIGN_OR_RETURN(const LocalPlace place, PlaceAt(instance.id));
    std::error_code ignored;
    const bool was_there = fs::exists(fs::symlink_status(place.folder(), ignored));
    ASSIGN_OR_RETURN(const std::string label, LabelOf(place.folder()));
    if (was_there && !place.IsOurs(label)) {
      return absl::FailedPreconditionError(
          absl::StrCat(place.folder(),
                       " was not made by the local provider (its file `label` is missing, or it is "
                       "a link); nothing was touched"));
    }
    const auto deadline = std::chrono::steady_clock::now() + kGrace;
    RETURN_IF_ERROR(EndProcesses(
        [&] {
          Reap(place.folder());
          return place.Daemons();
        },
        deadline));
    // What commands left running on purpose.
    const std::string variable = absl::StrCat("MUSTER_INSTANCE=", label);
    if (was_there) {
      RETURN_IF_ERROR(EndProcesses([&] { return ProcessesWithVariable(variable); },
                                   std::chrono::steady_clock::now()));
    }
    ::unlink(place.socket().c_str());
    ::unlink((place.socket() + ".lock").c_str());
    std::error_code error;
    fs::remove_all(place.folder(), error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat("cannot remove ", place.folder(), ": ", error.message()));
    }
    ::rmdir(place.cluster_folder().c_str());  // when it was the last one
    if (settings_.count("root") == 0) ::rmdir(place.root().c_str());
    if (was_there) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat(place.folder(), " is gone"));
  }

  absl::StatusOr<bool> IsRunning(const Instance& instance) override MUSTER_EXCLUDES(mutex_) {
    ASSIGN_OR_RETURN(const LocalPlace place, PlaceAt(instance.id));
    Reap(place.folder());
    if (!place.Daemons().empty() || place.IsBeingMade()) return true;
    std::error_code ignored;
    if (!fs::exists(place.folder(), ignored)) {
      return absl::NotFoundError(absl::StrCat("there is no instance at ", place.folder()));
    }
    const std::string words = place.LastWords();
    return absl::AbortedError(absl::StrCat("its clusterd has ended",
                                           words.empty() ? "" : absl::StrCat(": ", words),
                                           "; its log is ", place.log()));
  }

  absl::StatusOr<std::vector<std::string>> Addresses(const Instance& instance) override {
    ASSIGN_OR_RETURN(const LocalPlace place, PlaceAt(instance.id));
    return std::vector<std::string>{absl::StrCat("unix:", place.socket())};
  }

  absl::StatusOr<std::string> Pause(const Instance& instance) override {
    ASSIGN_OR_RETURN(const LocalPlace place, PlaceAt(instance.id));
    RETURN_IF_ERROR(SignalAll(place, SIGSTOP));
    return std::string(kPaused);
  }

  absl::StatusOr<Instance> Resume(const NodeRecord& node) override {
    ASSIGN_OR_RETURN(const LocalPlace place, PlaceAt(node.instance.id));
    RETURN_IF_ERROR(SignalAll(place, SIGCONT));
    return InstanceAt(place);
  }

  void Forget(const std::string& cluster) override {
    if (!IsValidName(cluster)) return;
    ::rmdir(absl::StrCat(root_, "/", cluster).c_str());  // empty, if somebody was killed in time
    if (settings_.count("root") == 0) ::rmdir(root_.c_str());
  }

  absl::StatusOr<std::vector<LabelledInstance>> Find(const std::string& owner,
                                                     const std::string& cluster) override {
    std::vector<LabelledInstance> found;
    if (owner != OwnerName()) return found;
    std::error_code ignored;
    for (fs::directory_iterator of_cluster(root_, ignored), end; of_cluster != end;
         of_cluster.increment(ignored)) {
      const std::string name = of_cluster->path().filename().string();
      if (!cluster.empty() && name != cluster) continue;
      std::error_code none;
      for (fs::directory_iterator entry(of_cluster->path(), none), last; entry != last;
           entry.increment(none)) {
        const absl::StatusOr<std::string> label = LabelOf(entry->path().string());
        if (!label.ok()) continue;
        ASSIGN_OR_RETURN(const LocalPlace place, PlaceOf(*label));
        if (!place.IsOurs(*label)) continue;
        found.push_back({*label, InstanceAt(place)});
      }
    }
    return found;
  }

 private:
  static Instance InstanceAt(const LocalPlace& place) {
    return {place.folder(), {absl::StrCat("unix:", place.socket())}, {{"log", place.log()}}};
  }

  absl::StatusOr<LocalPlace> PlaceOf(const std::string& label) const {
    ASSIGN_OR_RETURN(const LabelParts parts, SplitLabel(label));
    return LocalPlace(root_, parts, label.substr(label.rfind('/') + 1));
  }

  // OWNER/CLUSTER/NODE/RANDOM of ROOT/CLUSTER/NODE-RANDOM.
  absl::StatusOr<std::string> LabelOf(const std::string& folder) const {
    const fs::path path(folder);
    const std::string name = path.filename().string();
    const std::size_t dash = name.rfind('-');
    const std::string cluster = path.parent_path().filename().string();
    if (path.lexically_normal() != path || path.parent_path().parent_path() != fs::path(root_) ||
        dash == std::string::npos || !IsRandom(name.substr(dash + 1)) ||
        !IsValidName(name.substr(0, dash)) || !IsValidName(cluster)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", folder, "' is no instance of the local provider in ", root_));
    }
    return absl::StrCat(OwnerName(), "/", path.parent_path().filename().string(), "/",
                        name.substr(0, dash), "/", name.substr(dash + 1));
  }

  // Nothing outside the root is ever touched, whatever a record says.
  absl::StatusOr<LocalPlace> PlaceAt(const std::string& id) const {
    ASSIGN_OR_RETURN(const std::string label, LabelOf(id));
    return PlaceOf(label);
  }

  static absl::Status SignalAll(const LocalPlace& place, int signal) {
    std::vector<pid_t> told;
    while (true) {
      const std::vector<pid_t> daemons = place.Daemons();
      if (daemons.empty()) {
        return absl::NotFoundError(absl::StrCat("no clusterd runs at ", place.folder()));
      }
      bool is_new = false;  // what starts another one may do so until it is stopped itself
      for (const pid_t pid : WithDescendants(daemons)) {
        if (std::find(told.begin(), told.end(), pid) != told.end()) continue;
        ::kill(pid, signal);
        told.push_back(pid);
        is_new = true;
      }
      if (!is_new) return absl::OkStatus();
    }
  }

  void Keep(const std::string& folder, ChildProcess process) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    children_[folder] = std::move(process);
  }

  // A child that has ended stays a zombie until somebody asks.
  void Reap(const std::string& folder) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto child = children_.find(folder);
    if (child == children_.end()) return;
    if (child->second.WaitUntil(std::chrono::steady_clock::now())) children_.erase(child);
  }

  const Settings settings_;
  const std::string root_;
  const std::string clusterd_;
  Mutex mutex_;
  std::map<std::string, ChildProcess> children_ MUSTER_GUARDED_BY(mutex_);  // by folder
};

absl::StatusOr<std::string> FindClusterd(const Settings& settings) {
  static const char kHere = 0;  // in the program or library that this is linked into
  const auto given = settings.find("clusterd");
  const std::string path = given != settings.end() && !given->second.empty()
                               ? given->second
                               : FindProgram(FolderOf(&kHere), "clusterd");
  if (!path.empty() && ::access(path.c_str(), X_OK) == 0) {
    return fs::absolute(path).lexically_normal().string();  // daemons start elsewhere
  }
  return absl::NotFoundError(
      absl::StrCat("the local provider finds no clusterd", path.empty() ? "" : " at ", path,
                   "; install Muster whole, or name the folder of clusterd in MUSTER_BIN_DIR"));
}

}  // namespace

std::vector<std::string> LocalProviderSettings() {
  std::vector<std::string> all = DaemonSettings();
  all.insert(all.begin(), {"root", "clusterd"});
  return all;
}

absl::StatusOr<std::shared_ptr<CloudProvider>> MakeLocalProvider(const Settings& settings) {
  RETURN_IF_ERROR(CheckSettings("the provider local", settings, LocalProviderSettings()));
  std::string root;
  if (const auto given = settings.find("root"); given != settings.end() && !given->second.empty()) {
    root = fs::absolute(given->second).string();
  } else {
    ASSIGN_OR_RETURN(const std::string state, StateFolder());
    root = state + "/instances";
  }
  // By whatever way it is named later: an instance keeps its one name.
  std::error_code ignored;
  const fs::path canonical = fs::weakly_canonical(root, ignored);
  if (!ignored) root = canonical.string();
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  ASSIGN_OR_RETURN(std::string clusterd, FindClusterd(settings));
  return std::shared_ptr<CloudProvider>(
      std::make_shared<LocalProvider>(settings, std::move(root), std::move(clusterd)));
}

}  // namespace muster::provision
