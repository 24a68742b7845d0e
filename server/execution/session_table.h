// SessionTable: the sessions of this daemon, of both kinds, and every command that waits or runs in
// one. Event loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/execution/cell.h"
#include "server/execution/python_session.h"
#include "server/execution/session.h"

namespace muster::server {

class SessionTable {
 public:
  // `node`: what the executions are told that this node is called.
  SessionTable(EventLoop& loop, SpawnerClient& spawner, const NamedSession::Rules& rules,
               std::string node)
      : loop_(loop), spawner_(spawner), rules_(rules), node_(std::move(node)) {}

  enum class Opened { kOpened, kExists, kTooMany, kFailed };
  // Starts a shell, or a worker, for which there is no terminal. `why`: set with kFailed.
  Opened Open(const SessionKey& key, SessionKind kind, const std::optional<Terminal>& terminal,
              std::string* why);
  // False: there is none. Its name is free at once, its processes end over the default grace.
  bool Close(const SessionKey& key);
  // Those of one caller, by name.
  std::vector<std::shared_ptr<const NamedSession>> List(const Identity& identity) const;

  // Takes a command on, in the session that it names, which is opened if there is none. Null: the
  // sink has heard why not. The caller has asked for duplicates and draining.
  std::shared_ptr<ExecutionControl> Submit(ExecutionRequest request,
                                           const std::shared_ptr<ExecutionSink>& sink);
  // Null when there is none.
  std::shared_ptr<ExecutionControl> Find(const ExecutionKey& key) const;
  struct Shown {
    ExecutionKey key;
    std::string source;
    EventLoop::Clock::time_point received;
    bool is_queued = false;
    bool is_stopping = false;
    pid_t supervisor_pid = 0;  // 0: it does not run, or nobody knows
  };
  std::vector<Shown> Show() const;

  // As ExecutionTable::Drain: ends every session.
  void Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
             std::function<void()> on_empty);

 private:
  std::shared_ptr<NamedSession> FindOrOpen(const ExecutionRequest& request, Outcome* refusal);
  std::shared_ptr<ExecutionControl> RunShell(Session& session, ExecutionRequest request,
                                             const std::shared_ptr<ExecutionSink>& sink);
  std::shared_ptr<ExecutionControl> RunPython(PythonSession& session, ExecutionRequest request,
                                              const std::shared_ptr<ExecutionSink>& sink);

  EventLoop& loop_;
  SpawnerClient& spawner_;
  const NamedSession::Rules rules_;
  const std::string node_;
  std::map<SessionKey, std::shared_ptr<NamedSession>> open_;
  std::set<std::shared_ptr<NamedSession>> living_;  // those that are ending as well
  std::map<ExecutionKey, std::shared_ptr<SessionCommand>> commands_;
  std::map<ExecutionKey, std::shared_ptr<Cell>> cells_;
  std::function<void()> on_empty_;
};

}  // namespace muster::server
