// SpawnerClient: who starts processes for the daemon: the spawner, started before any gRPC object
// exists, and the zygote, which the spawner starts on first use. A spawner that
// dies is started again at once, a zygote for the next Python execution. Start is called on the
// main thread before the loop runs, everything else on the loop's.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/unique_fd.h"
#include "server/execution/event_loop.h"
#include "server/execution/spawn_link.h"

namespace muster::server {

class SpawnerClient {
 public:
  // `program`: the path of clusterd-spawner. `log`: gets one line when something died.
  SpawnerClient(EventLoop& loop, std::string program, std::function<void(const std::string&)> log);
  ~SpawnerClient();

  absl::Status Start();

  // Has a supervisor forked that holds these descriptors (control, stdout, stderr, stdin if it has
  // input, and value for Python). That it could not be shows as the end of file of the control
  // socket.
  absl::Status Supervise(bool python, bool has_input, std::vector<UniqueFd> fds);

  // Continues a spawner that somebody stopped.
  void Wake() const;
  // Why the last zygote did not start; empty when it did.
  const std::string& python_error() const { return python_error_; }
  // Of the spawner; for tests and messages.
  pid_t pid() const { return process_.pid(); }

  // Closes the sockets, so that the spawner ends everything, and waits for it. After the loop has
  // stopped.
  void Shutdown(std::chrono::milliseconds time);

 private:
  absl::Status StartZygote();
  void EndSpawner();
  void StartAgain();
  void EndZygote();

  EventLoop& loop_;
  const std::string program_;
  const std::function<void(const std::string&)> log_;
  ChildProcess process_;
  std::unique_ptr<SpawnLink> spawner_;
  std::unique_ptr<SpawnLink> zygote_;
  bool zygote_ready_ = false;
  std::string python_error_;
  EventLoop::Clock::time_point started_;
};

}  // namespace muster::server
