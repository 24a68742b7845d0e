// Keeper: of a clusterd that was started as root to serve others, the process that stays root. The
// other one, its child, talks to the network and has no rights; it can ask the keeper for one thing
// only: a spawner, started as the configuration says. The keeper hands signals on, and when the
// child has ended it waits for the spawner and ends, too. Both have one thread at the split.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "common/account.h"
#include "common/child_process.h"
#include "common/unique_fd.h"
#include "server/execution/spawner_process.h"

namespace muster::server {

class Keeper {
 public:
  // The side that serves.
  struct Network {
    UniqueFd keeper;    // for KeptSpawner
    UniqueFd lifeline;  // its end of file: the keeper is gone
  };

  // `signals`: a signalfd(2) of what ends a daemon.
  Keeper(std::vector<std::string> spawner_command, int signals)
      : spawner_command_(std::move(spawner_command)), signals_(signals) {}

  // The user that the child becomes: `muster`, or else `nobody`. NotFound: this machine has
  // neither.
  static absl::StatusOr<Account> NetworkAccount();

  // Splits. Before any other thread, and before gRPC.
  absl::Status Split();
  bool IsKeeper() const { return child_ > 0; }
  // In the child: gives up root's rights for good, for those of the user `muster`, or else
  // `nobody`.
  absl::StatusOr<Network> BecomeNetwork();
  // In the keeper: returns the child's exit code.
  int Run();

 private:
  void Answer();
  std::string StartSpawner(const UniqueFd& theirs);

  const std::vector<std::string> spawner_command_;
  const int signals_;
  pid_t child_ = -1;
  Network network_;
  UniqueFd socket_;    // of the keeper
  UniqueFd lifeline_;  // likewise
  ChildProcess spawner_;
};

// A spawner that the keeper starts.
class KeptSpawner : public SpawnerProcess {
 public:
  explicit KeptSpawner(UniqueFd keeper) : keeper_(std::move(keeper)) {}

  absl::StatusOr<UniqueFd> Start() override;
  pid_t pid() const override { return pid_; }
  void Wake() override;
  std::string TellEnd() override;
  void AwaitEnd(std::chrono::milliseconds) override {}  // the keeper does

 private:
  // Empty: no answer came.
  std::string Ask(const std::string& question, const std::vector<int>& fds);

  const UniqueFd keeper_;
  pid_t pid_ = -1;
};

}  // namespace muster::server
