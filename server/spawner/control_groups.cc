#include "server/spawner/control_groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "server/spawner/cgroup_layout.h"

namespace muster::server {
namespace {

// Beside the bases, for the daemon itself: in pure v2 a group that has processes cannot hand its
// controllers to the groups below it.
constexpr char kHomeLeaf[] = "muster-home";
constexpr char kBasePrefix[] = "muster-base-";
constexpr char kGroupPrefix[] = "execution-";
// How long the sweep waits for the end of processes that it killed: a second at most.
constexpr int kEndPolls = 200;
constexpr useconds_t kEndPollMicroseconds = 5000;

bool HasWord(const std::string& text, const std::string& word) {
  std::istringstream words(text);
  for (std::string next; words >> next;) {
    if (next == word) return true;
  }
  return false;
}

// The groups of executions come and go by mkdir and rmdir; files in them are the kernel's.
std::vector<std::string> FoldersIn(const std::string& folder, const std::string& prefix) {
  std::vector<std::string> found;
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return found;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    if (entry->d_type == DT_DIR && name[0] != '.' && name.starts_with(prefix)) {
      found.push_back(folder);
      found.back().append("/").append(name);
    }
  }
  ::closedir(directory);
  return found;
}

// Moving a process needs the right to write both here and in the group it leaves.
bool MayUse(const std::string& home) {
  return !home.empty() && ::access(home.c_str(), W_OK) == 0 &&
         ::access((home + "/cgroup.procs").c_str(), W_OK) == 0;
}

// Only ours live in the group: this process and its parent. Whoever else is there is not ours to
// move.
bool IsOursAlone(const std::string& home) {
  std::istringstream pids(ReadGroupFile(home + "/cgroup.procs"));
  for (pid_t pid = 0; pids >> pid;) {
    if (pid != ::getpid() && pid != ::getppid()) return false;
  }
  return true;
}

// Makes memory and pids available below `home` where the kernel lets us. Returns where this process
// lives then.
std::string DelegateControllers(const std::string& home) {
  const std::string control = home + "/cgroup.subtree_control";
  for (const char* controller : {"memory", "pids"}) {
    if (!HasWord(ReadGroupFile(home + "/cgroup.controllers"), controller)) continue;
    if (HasWord(ReadGroupFile(control), controller)) continue;
    if (WriteGroupFile(control, std::string("+") + controller) || errno != EBUSY) continue;
    if (!IsOursAlone(home)) continue;
    const std::string leaf = home + "/" + kHomeLeaf;
    ::mkdir(leaf.c_str(), 0755);
    WriteGroupFile(leaf + "/cgroup.procs", std::to_string(::getppid()));
    WriteGroupFile(leaf + "/cgroup.procs", "0");
    WriteGroupFile(control, std::string("+") + controller);
  }
  const std::string leaf = home + "/" + kHomeLeaf;
  return ::access((leaf + "/cgroup.procs").c_str(), W_OK) == 0 ? leaf : home;
}

bool IsEmptyGroup(const std::string& folder) {
  return ReadGroupCounter(folder + "/cgroup.events", "populated") == 0;
}

// Where the bases stand: beside the leaf that a daemon may have moved to; and a daemon that runs as
// an execution of another one's has its base beside that one's, not inside: folders inside would
// keep the outer group from being removed.
std::string PlaceOfBases(const std::string& home) {
  const std::size_t outer = home.find(std::string("/") + kBasePrefix);
  if (outer != std::string::npos) return PlaceOfBases(home.substr(0, outer));
  const std::string leaf = std::string("/") + kHomeLeaf;
  const bool has_leaf =
      home.size() > leaf.size() && home.compare(home.size() - leaf.size(), leaf.size(), leaf) == 0;
  return has_leaf ? home.substr(0, home.size() - leaf.size()) : home;
}

// Makes the base and locks it. Whoever sweeps locks before it removes, so the lock may be that of a
// folder that is gone: then once more.
UniqueFd MakeLockedBase(const std::string& base) {
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (::mkdir(base.c_str(), 0755) != 0 && errno != EEXIST) return {};
    UniqueFd lock(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat ours {};
    struct stat there {};
    if (lock.IsOpen() && ::flock(lock.get(), LOCK_EX) == 0 && ::fstat(lock.get(), &ours) == 0 &&
        ::stat(base.c_str(), &there) == 0 && ours.st_ino == there.st_ino) {
      return lock;
    }
  }
  return {};
}

// A v1 base whose spawner is gone. Nothing is killed there: what still holds processes stays.
void SweepV1(const Hierarchy& hierarchy) {
  for (const std::string& base : FoldersIn(hierarchy.home, kBasePrefix)) {
    const pid_t spawner = ::atoi(base.c_str() + base.rfind('-') + 1);
    if (spawner <= 0 || ::kill(spawner, 0) == 0 || errno != ESRCH) continue;
    for (const std::string& folder : FoldersIn(base, kGroupPrefix)) ::rmdir(folder.c_str());
    ::rmdir(base.c_str());
  }
}

}  // namespace

std::string GroupFolder(const Hierarchy& hierarchy, pid_t supervisor) {
  return hierarchy.base + "/" + kGroupPrefix + std::to_string(supervisor);
}

bool WriteGroupFile(const std::string& path, const std::string& text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.IsOpen() &&
         ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string ReadGroupFile(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t size = fd.IsOpen() ? ::read(fd.get(), buffer, sizeof(buffer)) : 0;
    if (size <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

std::uint64_t ReadGroupCounter(const std::string& path, const std::string& key) {
  std::istringstream lines(ReadGroupFile(path));
  std::string name;
  for (std::uint64_t value = 0; lines >> name >> value;) {
    if (name == key) return value;
  }
  return 0;
}

ControlGroups ControlGroups::Find() {
  ControlGroups groups;
  const char* wanted = ::getenv("MUSTER_CGROUPS");
  groups.are_off_ = wanted != nullptr && std::string(wanted) == "no";
  if (groups.are_off_) return groups;
  const CgroupLayout layout =
      ParseCgroupLayout(ReadGroupFile("/proc/self/mountinfo"), ReadGroupFile("/proc/self/cgroup"));
  const std::string name = kBasePrefix + std::to_string(::getpid());
  if (MayUse(layout.unified)) groups.UseUnified(PlaceOfBases(layout.unified), name);
  if (!groups.memory_ && MayUse(layout.v1_memory)) {
    const std::string above = PlaceOfBases(layout.v1_memory);
    groups.memory_ = Hierarchy{above, above + "/" + name};
    SweepV1(*groups.memory_);
  }
  if (!groups.processes_ && MayUse(layout.v1_processes)) {
    const std::string above = PlaceOfBases(layout.v1_processes);
    groups.processes_ = Hierarchy{above, above + "/" + name};
    SweepV1(*groups.processes_);
  }
  return groups;
}

void ControlGroups::UseUnified(const std::string& above, const std::string& name) {
  SweepStale(above);
  const Hierarchy unified{DelegateControllers(above), above + "/" + name};
  lock_ = MakeLockedBase(unified.base);
  // cgroup.kill came with Linux 5.14.
  if (!lock_.IsOpen() || ::access((unified.base + "/cgroup.kill").c_str(), W_OK) != 0) return;
  unified_ = unified;
  const std::string control = unified.base + "/cgroup.subtree_control";
  if (WriteGroupFile(control, "+memory")) {
    memory_ = unified;
    memory_is_unified_ = true;
  }
  if (WriteGroupFile(control, "+pids")) {
    processes_ = unified;
    processes_are_unified_ = true;
  }
}

// A base whose spawner is dead is not locked any more: what lives in it was started by something
// that cannot stop it any more.
void ControlGroups::SweepStale(const std::string& above) {
  for (const std::string& base : FoldersIn(above, kBasePrefix)) {
    const UniqueFd lock(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock.IsOpen() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    for (const std::string& folder : FoldersIn(base, kGroupPrefix)) {
      WriteGroupFile(folder + "/cgroup.kill", "1");
      for (int i = 0; i < kEndPolls && !IsEmptyGroup(folder); ++i) ::usleep(kEndPollMicroseconds);
      ::rmdir(folder.c_str());
    }
    ::rmdir(base.c_str());
  }
}

bool ControlGroups::EndGroupOf(pid_t supervisor) const {
  bool gone = true;
  if (unified_) {
    const std::string folder = GroupFolder(*unified_, supervisor);
    WriteGroupFile(folder + "/cgroup.kill", "1");
    gone = ::rmdir(folder.c_str()) == 0 || errno == ENOENT;
  }
  for (const std::optional<Hierarchy>& hierarchy : {memory_, processes_}) {
    if (hierarchy) ::rmdir(GroupFolder(*hierarchy, supervisor).c_str());
  }
  return gone;
}

void ControlGroups::Remove() {
  for (const std::optional<Hierarchy>& hierarchy : {unified_, memory_, processes_}) {
    if (!hierarchy) continue;
    for (const std::string& folder : FoldersIn(hierarchy->base, kGroupPrefix)) {
      ::rmdir(folder.c_str());
    }
    ::rmdir(hierarchy->base.c_str());
  }
  lock_.Reset();
}

}  // namespace muster::server
