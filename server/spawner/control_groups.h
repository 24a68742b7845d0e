// ControlGroups: the kernel's control groups (cgroups(7)) as far as this process may use them: a
// group for each execution, so that all of it dies by one word to the kernel and its limits hold
// for all of it together. Found once by the spawner and by each zygote, each of which has a base of
// its own below the group it lives in. Pure v2, hybrid (v2 to kill, v1 to limit) and none are told
// apart; with none the /proc walk of ProcessTree does the killing. Single-threaded.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "server/spawner/limits.h"

namespace muster::server {

// One hierarchy of groups, and our place in it.
struct Hierarchy {
  std::string home;  // the folder of the group that this process lives in
  std::string base;  // the folder that holds the groups of executions
};

class ControlGroups {
 public:
  ControlGroups() = default;  // none
  // Looks where this process lives and what it may do there, makes its base, and ends what bases of
  // dead spawners beside it still hold.
  static ControlGroups Find();

  // Nobody looked for them: the daemon was told not to.
  bool AreOff() const { return are_off_; }
  bool CanKill() const { return unified_.has_value(); }
  const std::optional<Hierarchy>& unified() const { return unified_; }
  // v1, or v2 (then the same folders as unified()).
  const std::optional<Hierarchy>& memory() const { return memory_; }
  const std::optional<Hierarchy>& processes() const { return processes_; }
  bool MemoryIsUnified() const { return memory_is_unified_; }
  bool ProcessesAreUnified() const { return processes_are_unified_; }

  // Kills what the group of this supervisor, which was killed, still holds. False: not all gone
  // yet.
  bool EndGroupOf(pid_t supervisor) const;
  // The base goes; what is in it was ended before.
  void Remove();
  // In a fork: the base is the parent's.
  void Forget() { lock_.Reset(); }

 private:
  void UseUnified(const std::string& above, const std::string& name);
  static void SweepStale(const std::string& above);

  std::optional<Hierarchy> unified_;
  std::optional<Hierarchy> memory_;
  std::optional<Hierarchy> processes_;
  bool are_off_ = false;
  bool memory_is_unified_ = false;
  bool processes_are_unified_ = false;
  UniqueFd lock_;  // held on the base: tells others that we live
};

// Where a group's folder stands in its base: named after the supervisor.
std::string GroupFolder(const Hierarchy& hierarchy, pid_t supervisor);

// Files of /sys/fs/cgroup. False: the kernel did not take it, errno says why.
bool WriteGroupFile(const std::string& path, const std::string& text);
std::string ReadGroupFile(const std::string& path);
// "populated 0\n…", "oom_kill 3": the number behind the key; 0 without one.
std::uint64_t ReadGroupCounter(const std::string& path, const std::string& key);

}  // namespace muster::server
