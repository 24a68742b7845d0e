// ControlGroup: the group of one execution, in every hierarchy that it needs. Used by its
// supervisor, which stays outside of it; made by the supervisor too, or lent to it by the spawner
// (GroupService). Single-threaded.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "server/spawner/control_groups.h"
#include "server/spawner/frame.h"
#include "server/spawner/start_failure.h"

namespace muster::server {

// What the owner of a group that was lent is told.
inline constexpr char kGroupReturned[] = "R";

class ControlGroup {
 public:
  // Makes the groups and sets their limits. What this node can never have is said in one line, with
  // what to do (no errno); what failed, with its errno. Without limits and without a writable
  // hierarchy there is no group, which is no error.
  std::optional<StartFailure> Make(const ControlGroups& groups, const Limits& limits,
                                   pid_t supervisor);

  // What a borrower has to know, with a 1 before it, and the descriptors that only its maker may
  // open.
  std::string Lend(std::vector<int>& fds);
  // `owner`: is told by Release, and by its end of file.
  void Borrow(PayloadReader& terms, std::vector<UniqueFd> fds, UniqueFd owner);

  // The descriptors through which the child enters by writing "0".
  std::vector<int> doors() const;
  // Moves this process in.
  void Take(pid_t pid) const;
  void CloseDoors() { doors_.clear(); }

  // SIGKILL to everything in it, forks under way included. False: there is no group to do it with.
  bool Kill() const;
  // Readable (POLLPRI) when the limit of processes was reached; -1: none.
  int process_events_fd() const { return process_events_.get(); }
  bool HitProcessLimit();
  // Somebody in it was killed for want of memory, by its own limit or the machine's.
  bool RanOutOfMemory() const;

  // CPU time of all that ever ran in it; 0: there is no group to tell.
  std::chrono::microseconds CpuTime() const;

  // Moves whoever may stay to where the supervisor lives, and removes the groups.
  void Release();

 private:
  std::optional<StartFailure> LimitMemory(const ControlGroups& groups, pid_t supervisor,
                                          std::uint64_t limit);
  std::optional<StartFailure> LimitProcesses(const ControlGroups& groups, pid_t supervisor,
                                             std::uint64_t limit);
  void WatchProcesses();
  bool MakeFolder(const Hierarchy& hierarchy, pid_t supervisor, std::string& folder);

  struct Place {
    std::string home;
    std::string folder;
  };
  std::vector<Place> places_;
  std::string unified_;        // empty: none
  std::string memory_events_;  // the file that counts; empty: none
  std::string process_file_;   // pids.events
  UniqueFd process_events_;
  std::vector<UniqueFd> doors_;
  UniqueFd kill_;   // cgroup.kill
  UniqueFd owner_;  // of a group that is lent
};

}  // namespace muster::server
