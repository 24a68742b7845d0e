// SpawnerProcess: how clusterd comes to a spawner: it starts one itself, or asks the process that
// kept the right to (Keeper). One thread at a time.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/unique_fd.h"

namespace muster::server {

class SpawnerProcess {
 public:
  virtual ~SpawnerProcess() = default;

  // Starts one, in the place of one that ended. Our end of its socket.
  virtual absl::StatusOr<UniqueFd> Start() = 0;
  // Of the last one that was started.
  virtual pid_t pid() const = 0;
  // Continues it when somebody stopped it.
  virtual void Wake() = 0;
  // How it ended, for a person ("was killed by SIGKILL"); waits a moment for that.
  virtual std::string TellEnd() = 0;
  // Its socket was closed: waits for its end, and kills it after `time`.
  virtual void AwaitEnd(std::chrono::milliseconds time) = 0;
};

// Started by this process, with its rights.
class OwnSpawner : public SpawnerProcess {
 public:
  // `command`: the program and its arguments.
  explicit OwnSpawner(std::vector<std::string> command) : command_(std::move(command)) {}

  absl::StatusOr<UniqueFd> Start() override;
  pid_t pid() const override { return process_.pid(); }
  void Wake() override;
  std::string TellEnd() override;
  void AwaitEnd(std::chrono::milliseconds time) override;

 private:
  const std::vector<std::string> command_;
  ChildProcess process_;
};

// The two ends of a socket for messages (SOCK_SEQPACKET).
absl::Status MakeMessageSockets(UniqueFd& ours, UniqueFd& theirs);
// Starts the program with this descriptor as its 3.
absl::StatusOr<ChildProcess> StartSpawner(const std::vector<std::string>& command,
                                          const UniqueFd& theirs);

}  // namespace muster::server
