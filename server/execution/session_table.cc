#include "server/execution/session_table.h"

#include <absl/strings/str_cat.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "common/limits.h"

namespace muster::server {
namespace {

// Each is a shell or a worker, and its supervisor, that wait.
constexpr std::ptrdiff_t kMostSessions = 64;

SessionKind KindOf(const ExecutionRequest& request) {
  return request.launch.kind == LaunchRequest::Kind::kPython ? SessionKind::kPython
                                                             : SessionKind::kShell;
}

std::shared_ptr<ExecutionControl> Refuse(ExecutionSink& sink, std::string reason) {
  Outcome refusal;
  refusal.kind = Outcome::Kind::kRefused;
  refusal.reason = std::move(reason);
  sink.OnOutcome(std::move(refusal));
  return nullptr;
}

std::string TooManyWait(const NamedSession& session) {
  return absl::StrCat("too many commands wait in session ", session.key().name);
}

std::string OfOtherKind(const NamedSession& session) {
  const bool is_python = session.kind() == SessionKind::kPython;
  return absl::StrCat("session ", session.key().name,
                      is_python ? " is open as a Python session, which runs no shell commands"
                                : " is open as a shell session, which runs no Python",
                      ": use another name, or close it first");
}

}  // namespace

SessionTable::Opened SessionTable::Open(const SessionKey& key, SessionKind kind,
                                        const std::optional<Terminal>& terminal, std::string* why) {
  if (open_.count(key) != 0) return Opened::kExists;
  if (rules_.limits.cpu) {
    *why = "this daemon limits CPU time (max_cpu), which cannot be kept command by command there";
    return Opened::kFailed;
  }
  // Those that are ending, too: each has its process until then.
  const auto count = std::count_if(living_.begin(), living_.end(), [&](const auto& session) {
    return session->key().identity == key.identity;
  });
  if (count >= kMostSessions) return Opened::kTooMany;
  NamedSession::Events events;
  events.on_closing = [this](NamedSession& session) { open_.erase(session.key()); };
  events.on_ended = [this](NamedSession& session) {
    living_.erase(session.shared_from_this());
    if (living_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
  };
  if (kind == SessionKind::kPython) {
    const auto session = std::make_shared<PythonSession>(loop_, key, rules_, std::move(events));
    session->Start(spawner_, node_);
    open_[key] = session;
    living_.insert(session);
    return Opened::kOpened;
  }
  const auto session = std::make_shared<Session>(loop_, key, terminal, rules_, std::move(events));
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
  const std::shared_ptr<NamedSession> session = found->second;
  session->Close(StopCause::kCancel, kDefaultGrace, "its session was closed");
  return true;
}

std::vector<std::shared_ptr<const NamedSession>> SessionTable::List(
    const Identity& identity) const {
  std::vector<std::shared_ptr<const NamedSession>> list;
  for (const auto& [key, session] : open_) {
    if (key.identity == identity) list.push_back(session);
  }
  return list;
}

std::shared_ptr<NamedSession> SessionTable::FindOrOpen(const ExecutionRequest& request,
                                                       Outcome* refusal) {
  const SessionKey key{*request.identity, request.session};
  if (open_.count(key) == 0) {
    const SessionKind kind = KindOf(request);
    std::string why;
    const Opened opened = Open(key, kind, request.terminal, &why);
    if (opened == Opened::kTooMany) {
      refusal->kind = Outcome::Kind::kRefused;
      refusal->reason =
          absl::StrCat(kMostSessions, " sessions are open already; close one of them");
      return nullptr;
    }
    if (opened == Opened::kFailed) {
      refusal->kind = rules_.limits.cpu ? Outcome::Kind::kRefused : Outcome::Kind::kStartFailed;
      refusal->reason = absl::StrCat(DescribeSession(kind, key.name), " does not start: ", why);
      return nullptr;
    }
  }
  return open_[key];
}

std::shared_ptr<ExecutionControl> SessionTable::Submit(ExecutionRequest request,
                                                       const std::shared_ptr<ExecutionSink>& sink) {
  if (KindOf(request) == SessionKind::kPython && request.has_input) {
    return Refuse(*sink, "a Python session has neither standard input nor a terminal");
  }
  Outcome refusal;
  const std::shared_ptr<NamedSession> session = FindOrOpen(request, &refusal);
  if (session == nullptr) {
    sink->OnOutcome(std::move(refusal));
    return nullptr;
  }
  if (session->kind() != KindOf(request)) return Refuse(*sink, OfOtherKind(*session));
  if (session->kind() == SessionKind::kPython) {
    return RunPython(static_cast<PythonSession&>(*session), std::move(request), sink);
  }
  return RunShell(static_cast<Session&>(*session), std::move(request), sink);
}

std::shared_ptr<ExecutionControl> SessionTable::RunShell(
    Session& session, ExecutionRequest request, const std::shared_ptr<ExecutionSink>& sink) {
  if (request.terminal && !session.HasTerminal()) {
    return Refuse(*sink, absl::StrCat("session ", request.session,
                                      " was opened without a terminal; close it, or ask for none"));
  }
  const ExecutionKey key = request.key;
  auto command = std::make_shared<SessionCommand>(
      loop_, std::move(request), sink,
      std::static_pointer_cast<Session>(session.shared_from_this()),
      [this, key](SessionCommand&) { commands_.erase(key); });
  commands_[key] = command;
  if (session.Run(command)) return command;
  command->Finish(Outcome::Kind::kRefused, TooManyWait(session));
  return nullptr;
}

std::shared_ptr<ExecutionControl> SessionTable::RunPython(
    PythonSession& session, ExecutionRequest request, const std::shared_ptr<ExecutionSink>& sink) {
  const ExecutionKey key = request.key;
  std::shared_ptr<Cell> cell =
      session.Run(std::move(request), sink, [this, key] { cells_.erase(key); });
  if (cell == nullptr) return Refuse(*sink, TooManyWait(session));
  if (cell->state() == Cell::State::kEnded) return nullptr;
  cells_[key] = cell;
  return cell;
}

std::shared_ptr<ExecutionControl> SessionTable::Find(const ExecutionKey& key) const {
  if (const auto found = commands_.find(key); found != commands_.end()) return found->second;
  const auto found = cells_.find(key);
  return found == cells_.end() ? nullptr : found->second;
}

std::vector<SessionTable::Shown> SessionTable::Show() const {
  std::vector<Shown> shown;
  for (const auto& [key, command] : commands_) {
    shown.push_back({key, command->request().launch.source, command->received(),
                     command->IsQueued(), command->IsStopping(), 0});
  }
  for (const auto& [key, cell] : cells_) {
    const bool is_running = cell->IsRunning();
    shown.push_back({key, cell->request().source, cell->received(), !is_running, cell->IsStopping(),
                     is_running ? cell->worker()->supervisor_pid() : 0});
  }
  return shown;
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
