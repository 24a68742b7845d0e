#include "server/execution/session_table.h"

#include <absl/strings/str_cat.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "common/limits.h"

namespace muster::server {
namespace {
// Each is a shell and its supervisor that wait.
constexpr std::ptrdiff_t kMostSessions = 64;
}  // namespace

SessionTable::Opened SessionTable::Open(const SessionKey& key,
                                        const std::optional<Terminal>& terminal, std::string* why) {
  if (open_.count(key) != 0) return Opened::kExists;
  if (limits_.cpu) {
    *why = "this daemon limits CPU time (max_cpu), which cannot be kept command by command there";
    return Opened::kFailed;
  }
  // Those that are ending, too: each has its shell until then.
  const auto count = std::count_if(living_.begin(), living_.end(), [&](const auto& session) {
    return session->key().identity == key.identity;
  });
  if (count >= kMostSessions) return Opened::kTooMany;
  Session::Events events;
  events.on_closing = [this](Session& session) { open_.erase(session.key()); };
  events.on_ended = [this](Session& session) {
    living_.erase(session.shared_from_this());
    if (living_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
  };
  const auto session = std::make_shared<Session>(loop_, key, terminal, limits_, std::move(events));
  std::vector<std::string> environment;
  if (terminal) environment.push_back("TERM=" + terminal->type);
  if (const auto failure = session->Start(spawner_, std::move(environment))) {
    *why = failure->error == 0 ? failure->step
                               : absl::StrCat(failure->step, ": ", strerror(failure->error));
    return Opened::kFailed;
  }
  open_[key] = session;
  living_.insert(session);
  return Opened::kOpened;
}

bool SessionTable::Close(const SessionKey& key) {
  const auto found = open_.find(key);
  if (found == open_.end()) return false;
  const std::shared_ptr<Session> session = found->second;
  session->Close(StopCause::kCancel, kDefaultGrace, "its session was closed");
  return true;
}

std::vector<std::string> SessionTable::Names(const Identity& identity) const {
  std::vector<std::string> names;
  for (const auto& [key, session] : open_) {
    if (key.identity == identity) names.push_back(key.name);
  }
  return names;
}

std::shared_ptr<Session> SessionTable::FindOrOpen(const ExecutionRequest& request,
                                                  Outcome* refusal) {
  const SessionKey key{*request.identity, request.session};
  if (open_.count(key) == 0) {
    std::string why;
    const Opened opened = Open(key, request.terminal, &why);
    if (opened == Opened::kTooMany) {
      refusal->kind = Outcome::Kind::kRefused;
      refusal->reason =
          absl::StrCat(kMostSessions, " sessions are open already; close one of them");
      return nullptr;
    }
    if (opened == Opened::kFailed) {
      refusal->kind = limits_.cpu ? Outcome::Kind::kRefused : Outcome::Kind::kStartFailed;
      refusal->reason = absl::StrCat("the shell of session ", key.name, " does not start: ", why);
      return nullptr;
    }
  }
  return open_[key];
}

std::shared_ptr<SessionCommand> SessionTable::Submit(ExecutionRequest request,
                                                     const std::shared_ptr<ExecutionSink>& sink) {
  Outcome refusal;
  const std::shared_ptr<Session> session = FindOrOpen(request, &refusal);
  if (session != nullptr && request.terminal && !session->HasTerminal()) {
    refusal.kind = Outcome::Kind::kRefused;
    refusal.reason = absl::StrCat("session ", request.session,
                                  " was opened without a terminal; close it, or ask for none");
  } else if (session != nullptr) {
    const ExecutionKey key = request.key;
    auto command =
        std::make_shared<SessionCommand>(loop_, std::move(request), sink, session,
                                         [this, key](SessionCommand&) { commands_.erase(key); });
    commands_[key] = command;
    if (session->Run(command)) return command;
    command->Finish(Outcome::Kind::kRefused,
                    absl::StrCat("too many commands wait in session ", session->key().name));
    return nullptr;
  }
  sink->OnOutcome(std::move(refusal));
  return nullptr;
}

std::shared_ptr<SessionCommand> SessionTable::Find(const ExecutionKey& key) const {
  const auto found = commands_.find(key);
  return found == commands_.end() ? nullptr : found->second;
}

void SessionTable::Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
                         std::function<void()> on_empty) {
  if (on_empty) on_empty_ = std::move(on_empty);
  const auto living = living_;  // Close may remove
  for (const auto& session : living) {
    session->Close(StopCause::kDrain, grace.value_or(session->Grace()), who);
  }
  if (living_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

}  // namespace muster::server
