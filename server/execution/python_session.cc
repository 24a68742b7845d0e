#include "server/execution/python_session.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "common/limits.h"

namespace muster::server {
namespace {
constexpr std::chrono::milliseconds kUntilRoom{1};
}  // namespace

PythonSession::PythonSession(EventLoop& loop, SessionKey key, const Rules& rules, Events events)
    : NamedSession(loop, SessionKind::kPython, std::move(key), rules, std::move(events)) {}

void PythonSession::Start(SpawnerClient& spawner, const std::string& node) {
  PoolWorker::Owner& owner = *this;
  worker_ = std::make_unique<PoolWorker>(loop(), spawner, owner);
  worker_->Start(std::make_shared<const Identity>(key().identity), node, true, limits());
  BeginIdle();
}

std::shared_ptr<Cell> PythonSession::Run(ExecutionRequest request,
                                         std::shared_ptr<ExecutionSink> sink,
                                         std::function<void()> on_finished) {
  std::size_t bytes = request.launch.source.size();
  for (const auto& waits : waiting_) bytes += waits->cell->request().source.size();
  if (waiting_.size() >= kMostWaiting || bytes > kMostWaitingBytes) return nullptr;
  auto command = std::make_unique<Command>();
  command->request = std::move(request);
  command->sink = std::move(sink);
  command->on_finished = std::move(on_finished);
  LaunchRequest& launch = command->request.launch;
  Cell::Request cell;
  cell.stream_id = &command->request.key.stream_id;
  cell.sequence = command->request.key.sequence;
  cell.source = std::move(launch.source);
  cell.form = launch.form;
  cell.size = command->request.size;
  cell.rank = command->request.rank;
  cell.deadline = launch.deadline;
  cell.grace = launch.grace;
  CellSink& told = *this;
  command->cell = std::make_shared<Cell>(loop(), std::move(cell), told, *this);
  std::shared_ptr<Cell> result = command->cell;
  waiting_.push_back(std::move(command));
  Next();
  return result;
}

void PythonSession::Next() {
  if (!takes() || current_ != nullptr) return;
  if (waiting_.empty()) {
    BeginIdle();
    return;
  }
  EndIdle();
  // OnProgress comes when it is ready.
  if (worker_->state() != PoolWorker::State::kReady || worker_->IsInterrupted()) return;
  if (!worker_->Hand(waiting_.front()->cell)) {
    // The worker is about to put a long source away.
    loop().After(kUntilRoom, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self != nullptr) static_cast<PythonSession&>(*self).Next();
    });
    return;
  }
  current_ = std::move(waiting_.front());
  waiting_.pop_front();
  worker_->Wake();
}

bool PythonSession::OnOutput(const Cell&, OutputStream stream, std::string data) {
  if (current_ == nullptr) return true;
  if (stream != OutputStream::kValue) Cut(*current_, data);
  return data.empty() || current_->sink->OnOutput(stream, std::move(data));
}

void PythonSession::Cut(Command& command, std::string& data) {
  if (const auto most = limits().output_bytes) {
    const std::uint64_t room = *most - command.output_bytes;
    if (data.size() > room) {
      data.resize(room);
      if (!std::exchange(command.is_cut, true)) {
        // Not from inside the worker.
        loop().Post([cell = command.cell] { cell->Stop(StopCause::kLimit, std::nullopt, ""); });
      }
    }
  }
  command.output_bytes += data.size();
}

void PythonSession::OnOutcome(const Cell& cell, Outcome outcome, std::string value) {
  if (current_ != nullptr && current_->cell.get() == &cell) {
    if (outcome.kind == Outcome::Kind::kLimit && current_->is_cut) {
      outcome.reason = DescribeLimit(Limit::kOutput, limits());
    }
    // Of a worker that was not ready yet nothing ran.
    if (worker_->state() != PoolWorker::State::kReady) {
      absl::StrAppend(&outcome.reason, outcome.reason.empty() ? "" : "; ", "session ", key().name,
                      " ended with it");
    }
    Finish(std::move(current_), std::move(outcome), std::move(value));
    return;
  }
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const auto& waits) { return waits->cell.get() == &cell; });
  if (found == waiting_.end()) return;
  std::unique_ptr<Command> command = std::move(*found);
  waiting_.erase(found);
  Finish(std::move(command), std::move(outcome), std::move(value));
}

void PythonSession::Finish(std::unique_ptr<Command> command, Outcome outcome, std::string value) {
  if (outcome.has_value && !value.empty()) {
    command->sink->OnOutput(OutputStream::kValue, std::move(value));
  }
  command->sink->OnOutcome(std::move(outcome));
  command->on_finished();
}

void PythonSession::StopWaiting(Cell& cell, StopCause cause, const std::string& who) {
  ExecutionEnd end;
  end.cause = cause;
  cell.End(Judge(end, nullptr, who, {}), "");
  Next();
}

void PythonSession::OnProgress(PoolWorker& worker) {
  const auto self = shared_from_this();
  const PoolWorker::State state = worker.state();
  if (state == PoolWorker::State::kEnding || state == PoolWorker::State::kEnded) RefuseWaiting();
  if (state == PoolWorker::State::kEnded && !std::exchange(has_ended_, true)) {
    TellEnded();
    // It is the worker's own handler that runs here: both go when the loop is back.
    loop().Post([self] {});
    return;
  }
  Next();
}

void PythonSession::OnGivenBack(PoolWorker&, const std::vector<std::shared_ptr<Cell>>& cells) {
  // Handed, and not begun: it waits again, at the head.
  for (const auto& cell : cells) {
    if (current_ == nullptr || current_->cell != cell) continue;
    waiting_.push_front(std::move(current_));
  }
}

void PythonSession::Close(StopCause cause, std::chrono::milliseconds grace,
                          const std::string& who) {
  const auto self = shared_from_this();
  if (takes()) why_closed_ = who;
  RefuseWaiting();
  worker_->End(cause, grace, who);
}

std::string PythonSession::Ended() const {
  return absl::StrCat("session ", key().name, " ended",
                      why_closed_.empty() ? "" : absl::StrCat(" (", why_closed_, ")"),
                      " before its turn came; nothing was started");
}

void PythonSession::RefuseWaiting() {
  if (!StopTaking()) return;
  // The worker that never started is the first one's outcome.
  std::optional<Outcome> outcome = worker_->start_failure();
  if (outcome) absl::StrAppend(&outcome->reason, "; session ", key().name, " did not start");
  while (!waiting_.empty()) {
    if (!outcome) {
      outcome.emplace();
      outcome->kind = Outcome::Kind::kRefused;
      outcome->reason = Ended();
    }
    const std::shared_ptr<Cell> cell = waiting_.front()->cell;
    cell->End(*std::exchange(outcome, std::nullopt), "");
  }
}

std::chrono::milliseconds PythonSession::Grace() const {
  return current_ == nullptr ? kDefaultGrace : current_->request.launch.grace;
}

}  // namespace muster::server
