#include "server/spawner/control_group.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "common/fault.h"

namespace muster::server {
namespace {

// Rounds of moving whom a group holds: each takes whoever was forked during the last one.
constexpr int kMoveRounds = 100;
// The kernel's PID_MAX_LIMIT.
constexpr std::uint64_t kMostProcesses = 4u << 20;

StartFailure Cannot(const char* what, const ControlGroups& groups) {
  const std::string cannot = std::string("this node cannot limit ") + what;
  if (groups.AreOff())
    return {cannot + ": that takes control groups, and clusterd runs with cgroups = no"};
  return {cannot +
          ": clusterd may not write to a control group with that controller; start it as root, or "
          "with `systemd-run --user --scope -p Delegate=yes`"};
}

StartFailure Failed(const std::string& what) { return {"make the control group " + what, errno}; }

}  // namespace

bool ControlGroup::MakeFolder(const Hierarchy& hierarchy, pid_t supervisor, std::string& folder) {
  folder = GroupFolder(hierarchy, supervisor);
  // That of v1 is made when the first limit is asked for; that of v2 is there.
  ::mkdir(hierarchy.base.c_str(), 0755);
  // A folder of a dead supervisor with this number is empty; one that is not is somebody else's.
  if (::mkdir(folder.c_str(), 0755) != 0 &&
      (errno != EEXIST || ::rmdir(folder.c_str()) != 0 || ::mkdir(folder.c_str(), 0755) != 0)) {
    return false;
  }
  UniqueFd door(::open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  places_.push_back({hierarchy.home, folder});
  if (!door.IsOpen()) return false;
  doors_.push_back(std::move(door));
  return true;
}

std::optional<StartFailure> ControlGroup::Make(const ControlGroups& groups, const Limits& limits,
                                               pid_t supervisor) {
  if (FaultAt("group")) return StartFailure{"make the control group", EIO};
  if (limits.memory_bytes && !groups.memory()) return Cannot("memory", groups);
  if (limits.processes && !groups.processes()) return Cannot("processes", groups);
  std::optional<StartFailure> failure;
  if (groups.unified()) {
    if (!MakeFolder(*groups.unified(), supervisor, unified_)) failure = Failed(unified_);
    kill_.Reset(::open((unified_ + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
    if (groups.MemoryIsUnified()) memory_events_ = unified_ + "/memory.events";
  }
  if (!failure && limits.memory_bytes)
    failure = LimitMemory(groups, supervisor, *limits.memory_bytes);
  if (!failure && limits.processes) failure = LimitProcesses(groups, supervisor, *limits.processes);
  return failure;
}

std::optional<StartFailure> ControlGroup::LimitMemory(const ControlGroups& groups, pid_t supervisor,
                                                      std::uint64_t limit) {
  const std::string bytes = std::to_string(limit);
  if (groups.MemoryIsUnified()) {
    WriteGroupFile(unified_ + "/memory.oom.group", "1");
    WriteGroupFile(unified_ + "/memory.swap.max", "0");
    if (!WriteGroupFile(unified_ + "/memory.max", bytes)) return Failed(unified_ + "/memory.max");
    return std::nullopt;
  }
  std::string folder;
  if (!MakeFolder(*groups.memory(), supervisor, folder) ||
      !WriteGroupFile(folder + "/memory.limit_in_bytes", bytes)) {
    return Failed(folder);
  }
  // Only there when the kernel counts swap.
  WriteGroupFile(folder + "/memory.memsw.limit_in_bytes", bytes);
  memory_events_ = folder + "/memory.oom_control";
  return std::nullopt;
}

std::optional<StartFailure> ControlGroup::LimitProcesses(const ControlGroups& groups,
                                                         pid_t supervisor, std::uint64_t limit) {
  std::string folder = unified_;
  if (!groups.ProcessesAreUnified() && !MakeFolder(*groups.processes(), supervisor, folder)) {
    return Failed(folder);
  }
  // More than the kernel can count is no limit.
  const std::string most = limit > kMostProcesses ? "max" : std::to_string(limit);
  if (!WriteGroupFile(folder + "/pids.max", most)) return Failed(folder + "/pids.max");
  process_file_ = folder + "/pids.events";
  WatchProcesses();
  return std::nullopt;
}

void ControlGroup::WatchProcesses() {
  process_events_.Reset(::open(process_file_.c_str(), O_RDONLY | O_CLOEXEC));
  HitProcessLimit();  // the first look, from which on the kernel tells of changes
}

std::string ControlGroup::Lend(std::vector<int>& fds) {
  if (kill_.IsOpen()) fds.push_back(kill_.get());
  for (const UniqueFd& door : doors_) fds.push_back(door.get());
  process_events_.Reset();
  return PayloadWriter()
      .U8(1)
      .U8(kill_.IsOpen() ? 1 : 0)
      .Bytes(unified_)
      .Bytes(memory_events_)
      .Bytes(process_file_)
      .payload();
}

void ControlGroup::Borrow(PayloadReader& terms, std::vector<UniqueFd> fds, UniqueFd owner) {
  const bool has_kill = terms.U8() != 0;
  unified_ = terms.Bytes();
  memory_events_ = terms.Bytes();
  process_file_ = terms.Bytes();
  if (has_kill && !fds.empty()) {
    kill_ = std::move(fds.front());
    fds.erase(fds.begin());
  }
  doors_ = std::move(fds);
  owner_ = std::move(owner);
  if (!process_file_.empty()) WatchProcesses();
}

std::vector<int> ControlGroup::doors() const {
  std::vector<int> fds;
  for (const UniqueFd& door : doors_) fds.push_back(door.get());
  return fds;
}

void ControlGroup::Take(pid_t pid) const {
  const std::string text = std::to_string(pid);
  for (const UniqueFd& door : doors_) {
    [[maybe_unused]] const ssize_t written = ::write(door.get(), text.data(), text.size());
  }
}

bool ControlGroup::Kill() const { return kill_.IsOpen() && ::write(kill_.get(), "1", 1) == 1; }

bool ControlGroup::HitProcessLimit() {
  if (!process_events_.IsOpen()) return false;
  char buffer[256];
  [[maybe_unused]] const ssize_t size = ::pread(process_events_.get(), buffer, sizeof(buffer), 0);
  return ReadGroupCounter(process_file_, "max") > 0;
}

bool ControlGroup::RanOutOfMemory() const {
  return !memory_events_.empty() && ReadGroupCounter(memory_events_, "oom_kill") > 0;
}

std::chrono::microseconds ControlGroup::CpuTime() const {
  if (unified_.empty()) return std::chrono::microseconds(0);
  return std::chrono::microseconds(ReadGroupCounter(unified_ + "/cpu.stat", "usage_usec"));
}

void ControlGroup::Release() {
  if (owner_.IsOpen()) {
    ::send(owner_.get(), kGroupReturned, sizeof(kGroupReturned) - 1, MSG_NOSIGNAL);
    owner_.Reset();
  }
  for (const Place& place : places_) {
    for (int round = 0; round < kMoveRounds; ++round) {
      if (::rmdir(place.folder.c_str()) == 0 || errno == ENOENT) break;
      std::istringstream pids(ReadGroupFile(place.folder + "/cgroup.procs"));
      for (std::string pid; pids >> pid;) WriteGroupFile(place.home + "/cgroup.procs", pid);
    }
  }
  places_.clear();
}

}  // namespace muster::server
