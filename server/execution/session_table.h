// SessionTable: the sessions of this daemon, and every command that waits or runs in one. Event
// loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/execution/session.h"

namespace muster::server {

class SessionTable {
 public:
  // `limits`: what each session may use, all of its processes together.
  SessionTable(EventLoop& loop, SpawnerClient& spawner, const Limits& limits)
      : loop_(loop), spawner_(spawner), limits_(limits) {}

  enum class Opened { kOpened, kExists, kTooMany, kFailed };
  // Starts a shell. `why`: set with kFailed.
  Opened Open(const SessionKey& key, const std::optional<Terminal>& terminal, std::string* why);
  // False: there is none. Its name is free at once, its processes end over the default grace.
  bool Close(const SessionKey& key);
  std::vector<std::string> Names(const Identity& identity) const;

  // Takes a command on, in the session that it names, which is opened if there is none. Null: the
  // sink has heard why not. The caller has asked for duplicates and draining.
  std::shared_ptr<SessionCommand> Submit(ExecutionRequest request,
                                         const std::shared_ptr<ExecutionSink>& sink);
  // Null when there is none.
  std::shared_ptr<SessionCommand> Find(const ExecutionKey& key) const;
  const std::map<ExecutionKey, std::shared_ptr<SessionCommand>>& commands() const {
    return commands_;
  }

  // As ExecutionTable::Drain: ends every session.
  void Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
             std::function<void()> on_empty);

 private:
  std::shared_ptr<Session> FindOrOpen(const ExecutionRequest& request, Outcome* refusal);

  EventLoop& loop_;
  SpawnerClient& spawner_;
  const Limits limits_;
  std::map<SessionKey, std::shared_ptr<Session>> open_;
  std::set<std::shared_ptr<Session>> living_;  // those that are ending as well
  std::map<ExecutionKey, std::shared_ptr<SessionCommand>> commands_;
  std::function<void()> on_empty_;
};

}  // namespace muster::server
