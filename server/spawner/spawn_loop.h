// SpawnLoop: the one loop of the spawner and of the zygote: waits for the daemon's word, forks a
// supervisor for each execution, reaps what ends. Single-threaded, so that fork is safe. It is a
// subreaper: when a supervisor is killed its orphans come here and are killed; what a supervisor
// reported as left running stays. Ends at the end of file of the daemon's socket, or of the
// parent's lifeline; a zygote also when it had nothing to do for long.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "common/unique_fd.h"
#include "server/spawner/child.h"
#include "server/spawner/control_groups.h"
#include "server/spawner/fd_passing.h"
#include "server/spawner/group_service.h"
#include "server/spawner/spawner_settings.h"
#include "server/spawner/zygote_request.h"

namespace muster::server {

// The first byte of a message from the daemon.
enum class SpawnCommand : char {
  kSupervise = 'S',           // fds: control, stdout, stderr [, value]
  kSuperviseWithInput = 'I',  // fds: control, stdout, stderr, stdin [, value]
  kWake = 'W',                // continues zygotes and supervisors that somebody stopped
  kKill = 'K',                // a pid (u64): this supervisor and all that is below it
  kStartZygote = 'Z',         // a ZygoteRequest; fds: the zygote's socket; the spawner only
};

class SpawnLoop {
 public:
  // Behind the first byte of kSupervise and kSuperviseWithInput: of `control` a copy stays here
  // until nothing of the execution is left, also when its supervisor is killed.
  static constexpr char kUntilGone[] = "G";
  // What a zygote says before it ends because nobody needs it. What the daemon sends afterwards it
  // gets back, or it is still done.
  static constexpr char kLeaves = 'L';

  // Around fork, for a process that has more to do there (Python).
  struct ForkHooks {
    std::function<void()> before = [] {};
    std::function<void()> after_in_parent = [] {};
  };

  // What the spawner has and a zygote has not.
  struct SpawnerPart {
    SpawnerSettings settings;
    std::string zygote_program;  // for kStartZygote; empty: refused
  };

  // The sockets that it is given.
  struct Sockets {
    UniqueFd daemon;
    UniqueFd lifeline;  // from this process's own parent; may be none
    UniqueFd groups;    // to the spawner's GroupService; none: this process may make groups
  };

  // Without a spawner's part it is a zygote: its own rights are those of its jobs.
  SpawnLoop(Sockets sockets, ChildBody body, ForkHooks hooks, std::optional<SpawnerPart> spawner);

  // Returns when everything that it started has ended.
  void Run();

 private:
  // How long poll may wait, in ms.
  int Patience() const;
  bool HandleMessage();
  bool IsIdle() const;
  void Leave();
  void StartSupervisor(std::vector<UniqueFd> fds, bool has_input, bool until_gone);
  void StartZygote(UniqueFd socket, const ZygoteRequest& request);
  [[noreturn]] void BecomeZygote(UniqueFd socket, UniqueFd groups, const ZygoteRequest& request);
  void Wake() const;
  void KillSupervisor(pid_t pid);
  void ReadReports();
  void Reap();
  void ForgetEndedSessions();
  void ContinueOrphans() const;
  void KillOrphans();
  void LetGo();
  void Drain();

  UniqueFd daemon_;
  UniqueFd parent_;
  UniqueFd borrows_;
  const ChildBody body_;
  const ForkHooks hooks_;
  const std::optional<SpawnerPart> spawner_;
  const int longest_idle_ms_;  // -1: it does not matter
  bool is_leaving_ = false;
  UniqueFd signals_;         // SIGCHLD
  UniqueFd lifeline_read_;   // inherited by every supervisor and zygote
  UniqueFd lifeline_write_;  // held by this process alone
  UniqueFd report_read_;     // sessions left running
  UniqueFd report_write_;
  std::set<pid_t> supervised_;  // supervisors and the zygotes
  std::set<pid_t> zygotes_;
  std::map<pid_t, UniqueFd> held_;  // `control` of supervisors, with kUntilGone
  std::set<pid_t> left_sessions_;
  ControlGroups groups_;
  GroupService group_service_;
  std::set<pid_t> orphaned_groups_;  // of supervisors that were killed
  bool orphans_ = false;             // a supervisor was killed: look until none is left
};

}  // namespace muster::server
