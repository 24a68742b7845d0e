// SpawnerClient: who starts processes for the daemon: the spawner, started before any gRPC object
// exists, and the zygotes, which the spawner starts on first use: one for each identity, so that no
// Python of one caller ever was another's. A spawner that dies is started again at once, a zygote
// for its next Python execution, also when it ended because there was none for long. Start is
// called on the main thread before the loop runs, everything else on the loop's.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "server/execution/event_loop.h"
#include "server/execution/spawn_link.h"
#include "server/execution/spawner_process.h"
#include "server/identity/identity.h"

namespace muster::server {

// As the spawner has to know them.
JobRights RightsOf(const Identity& identity);

class SpawnerClient {
 public:
  // `log`: gets one line when something died.
  SpawnerClient(EventLoop& loop, std::unique_ptr<SpawnerProcess> process,
                std::function<void(const std::string&)> log);
  ~SpawnerClient();

  absl::Status Start();

  // Has a supervisor forked that holds these descriptors (control, stdout, stderr, stdin if it has
  // input, value for Python, and one more for a session's shell); `python`: by the zygote of this
  // identity, null: by the spawner. That it could not be shows as the end of file of the control
  // socket: when the supervisor is gone, or with `until_gone` all that was below it, too.
  absl::Status Supervise(const Identity* python, bool has_input, std::vector<UniqueFd> fds,
                         bool until_gone = false);

  // Continues a spawner, zygotes and supervisors that somebody stopped. Not more often than it
  // helps: it is a look at every process below the spawner.
  void Wake();
  // Kills this supervisor, which does not answer any more, and all that is below it.
  void KillSupervisor(pid_t pid) const;
  // Why the last zygote of this identity did not start; empty when it did.
  std::string PythonError(const Identity& identity) const;
  // Of the spawner; for tests and messages.
  pid_t pid() const { return process_->pid(); }

  // Closes the sockets, so that the spawner ends everything, and waits for it. After the loop has
  // stopped.
  void Shutdown(std::chrono::milliseconds time);

 private:
  struct Zygote {
    std::unique_ptr<SpawnLink> link;  // null: it ended
    bool is_ready = false;
    bool is_leaving = false;  // nobody needed it for long
    std::string error;
  };

  absl::Status StartZygote(const Identity& identity, Zygote& zygote);
  void EndSpawner();
  void StartAgain();
  void EndZygote(const Identity& identity, Zygote& zygote);

  EventLoop& loop_;
  const std::unique_ptr<SpawnerProcess> process_;
  const std::function<void(const std::string&)> log_;
  std::unique_ptr<SpawnLink> spawner_;
  std::map<Identity, Zygote> zygotes_;
  EventLoop::Clock::time_point started_;
  EventLoop::Clock::time_point woken_;
};

}  // namespace muster::server
