#include "server/execution/pool_worker.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/pipe.h"
#include "server/execution/python_report.h"

namespace muster::server {
namespace {

// A socket that ended, and a worker that has not started: when to look again.
constexpr std::chrono::milliseconds kNextLook{2000};
// What is taken from a worker at once, so that one that talks without end keeps nobody waiting.
constexpr int kMostResults = 4096;

Outcome StartFailed(const StartFailure& failure) {
  ExecutionEnd end;
  end.how = ExecutionEnd::How::kStartFailed;
  end.step = failure.step;
  end.code = failure.error;
  return Judge(end, nullptr, "", {});
}

}  // namespace

PoolWorker::~PoolWorker() {
  if (timer_) loop_.CancelTimer(*timer_);
  if (is_open_) loop_.Unwatch(channel_.socket());
}

void PoolWorker::Start(const std::shared_ptr<const Identity>& identity, const std::string& node,
                       bool keeps_namespace, const Limits& limits) {
  identity_ = identity;
  keeps_namespace_ = keeps_namespace;
  limits_ = limits;
  if (const auto failure = Launch(*identity, node)) {
    start_failure_ = StartFailed(*failure);
    // Not from inside its owner's call.
    loop_.Post([this] { SetState(State::kEnded); });
  } else {
    Watch(kNextLook);
  }
}

std::optional<StartFailure> PoolWorker::Launch(const Identity& identity, const std::string& node) {
  UniqueFd out_read, out_write, err_read, err_write, channel_theirs;
  if (!MakePipe(out_read, out_write) || !MakePipe(err_read, err_write)) {
    return StartFailure{"pipe", errno};
  }
  absl::StatusOr<WorkerChannel> channel =
      WorkerChannel::Make(channel_theirs, keeps_namespace_ ? WorkerChannel::kSessionRequestBytes
                                                           : WorkerChannel::kRequestBytes);
  if (!channel.ok()) return StartFailure{std::string(channel.status().message()), 0};
  UniqueFd control_ours;
  std::vector<UniqueFd> theirs(1);
  if (!MakeSocketPair(control_ours, theirs[0])) return StartFailure{"socketpair", errno};
  theirs.push_back(std::move(out_write));
  theirs.push_back(std::move(err_write));
  theirs.push_back(std::move(channel_theirs));
  if (const auto status = spawner_.Supervise(&identity, false, std::move(theirs)); !status.ok()) {
    return StartFailure{std::string(status.message()), 0};
  }
  channel_ = *std::move(channel);
  is_open_ = true;
  requests_ = channel_.MakeProducer(true);
  results_ = channel_.MakeConsumer(true);
  results_.Sleep();
  loop_.Watch(channel_.socket(), EPOLLIN, [this](std::uint32_t) { HandleSocket(); });
  output_ = std::make_unique<WorkerOutput>(loop_, std::move(out_read), std::move(err_read),
                                           [this](OutputStream stream) { HandleOutput(stream); });
  supervisor_ = std::make_unique<SupervisorLink>(
      loop_, std::move(control_ours), [this](const Frame& frame) { HandleFrame(frame); },
      [this] { HandleSupervisorGone(); });
  LaunchRequest launch;
  launch.kind = LaunchRequest::Kind::kWorker;
  launch.rights = RightsOf(identity);
  launch.environment.push_back(absl::StrCat("MUSTER_NODE=", node));
  launch.grace = std::chrono::seconds(5);
  launch.limits = limits_;
  launch.judges_limits = !keeps_namespace_;
  supervisor_->Send(FrameType::kLaunch, launch.Encode());
  return std::nullopt;
}

// ---- what it is handed ----

bool PoolWorker::Hand(const std::shared_ptr<Cell>& cell) {
  const Cell::Request& request = cell->request();
  const std::uint64_t position = requests_.position();
  const std::size_t bytes = sizeof(WorkerRequest) + request.source.size();
  char* place = nullptr;
  while ((place = requests_.Reserve(bytes)) == nullptr) {
    if (requests_.IsBroken()) {
      Break();
      return false;
    }
    // With a cell's end there will be another try. What was taken back fills the ring until the
    // worker passes over it, and has no end to tell.
    if (!cells_.empty()) return false;
    lacks_room_ = requests_.WaitForRoom(bytes);
    if (lacks_room_) return false;
  }
  WorkerRequest written;
  written.ticket = position;
  written.sequence = request.sequence;
  request.stream_id->copy(written.stream_id, sizeof(written.stream_id));
  written.size = request.size;
  written.rank = request.rank;
  written.form = static_cast<std::uint8_t>(request.form);
  written.keeps_namespace = keeps_namespace_ ? 1 : 0;
  ::memcpy(place, &written, sizeof(written));
  request.source.copy(place + sizeof(written), request.source.size());
  cell->Hand(*this, position, requests_.Publish());
  if (cells_.empty()) since_ = Clock::now();
  cells_.push_back(cell);
  if (keeps_namespace_) output_->Resume();  // see Conclude
  return true;
}

void PoolWorker::Wake() {
  if (is_open_ && requests_.MustWake()) channel_.Say(WorkerChannel::kWake);
}

void PoolWorker::Look() {
  TakeResults();
  TellProgress();
}

bool PoolWorker::IsTakenBack(Cell& cell) {
  if (requests_.IsTaken(cell.position())) return false;
  auto expected = static_cast<std::uint32_t>(RequestMark::kQueued);
  return cell.mark().compare_exchange_strong(expected,
                                             static_cast<std::uint32_t>(RequestMark::kRevoked));
}

std::vector<std::shared_ptr<Cell>> PoolWorker::TakeBack(std::size_t most) {
  std::vector<std::shared_ptr<Cell>> taken;
  const bool first_has_ended = concluded_ || waits_for_end_;
  while (taken.size() < most && cells_.size() > (first_has_ended ? 1 : 0) &&
         IsTakenBack(*cells_.back())) {
    cells_.back()->TakeBack();
    taken.push_back(std::move(cells_.back()));
    cells_.pop_back();
  }
  std::reverse(taken.begin(), taken.end());
  return taken;
}

void PoolWorker::GiveBackAll() {
  const std::vector<std::shared_ptr<Cell>> taken = TakeBack(cells_.size());
  if (!taken.empty()) owner_.OnGivenBack(*this, taken);
}

// ---- what it says ----

void PoolWorker::HandleSocket() {
  char words[64];
  const ssize_t size = ::recv(channel_.socket(), words, sizeof(words), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    // It ends, or its code closed what is ours; its results can be seen all the same.
    loop_.Unwatch(channel_.socket());
    is_open_ = false;
    if (state_ == State::kReady) SetState(State::kEnding);
    Watch(kNextLook);
  }
  TakeResults();
  if (size <= 0 && !end_) GiveBackAll();
  if (std::exchange(lacks_room_, false)) has_progress_ = true;
  TellProgress();
}

void PoolWorker::TakeResults() {
  if (is_taking_ || output_ == nullptr) return;
  is_taking_ = true;
  bool has_room = false;
  int left = kMostResults;
  while (!is_paused_ && state_ != State::kEnded && left > 0) {
    const std::optional<RingConsumer::Record> record = results_.Peek();
    if (!record) {
      if (results_.IsBroken() || results_.Sleep()) break;
      continue;
    }
    --left;
    WorkerResult result;
    if (record->bytes.size() < sizeof(result)) {
      Break();
      break;
    }
    ::memcpy(&result, record->bytes.data(), sizeof(result));
    HandleResult(result, record->bytes.substr(sizeof(result)));
    has_room |= results_.Pop();
  }
  if (results_.IsBroken()) Break();
  if (has_room && is_open_) channel_.Say(WorkerChannel::kWake);
  is_taking_ = false;
  if (left == 0) {
    loop_.After(std::chrono::milliseconds(0), [this, alive = std::weak_ptr<char>(life_)] {
      if (alive.expired()) return;
      TakeResults();
      TellProgress();
    });
  }
}

void PoolWorker::HandleResult(const WorkerResult& result, std::string_view payload) {
  if (payload.size() > WorkerChannel::kMaxPiece) {
    Break();
    return;
  }
  switch (result.type) {
    case WorkerResult::Type::kWaiting:
      channel_.Say(WorkerChannel::kDrained);
      return;
    case WorkerResult::Type::kRetiring:
      SetState(State::kEnding);
      GiveBackAll();
      return;
    default:
      break;
  }
  if (cells_.empty() || result.ticket != cells_.front()->position() || concluded_) {
    Break();
    return;
  }
  switch (result.type) {
    case WorkerResult::Type::kPiece:
      cells_.front()->SetValueBytes(result.value_bytes);
      Give(OutputStream::kValue, std::string(payload));
      break;
    case WorkerResult::Type::kException:
      exception_ += payload;
      if (exception_.size() > kMaxReportBytes) Break();
      break;
    case WorkerResult::Type::kDone:
      HandleDone(result, payload);
      break;
    default:
      Break();
  }
}

void PoolWorker::HandleDone(const WorkerResult& result, std::string_view payload) {
  result_.done = true;
  if (!exception_.empty()) result_.exception = ReadException(exception_);
  exception_.clear();
  result_.has_value = (result.flags & WorkerResult::kHasValue) != 0;
  value_ = payload;
  // The worker is not believed more than can be. Not counted from the cell before: several results
  // may be taken at once.
  const auto longest = std::chrono::duration_cast<std::chrono::microseconds>(
      Clock::now() - cells_.front()->received());
  const auto said = [&](std::uint64_t us) {
    const auto most = static_cast<std::uint64_t>(longest.count());
    return std::chrono::microseconds(static_cast<std::int64_t>(std::min(us, most)));
  };
  const std::chrono::microseconds wall = said(result.wall_us);
  usual_time_ = (usual_time_ * 7 + std::chrono::nanoseconds(wall)) / 8;
  // Whoever is stopped is the last that it began; those before it have ended by themselves.
  if (is_stopping_ && (result_.broken || cells_.size() == 1)) {
    // The supervisor says how it ended; the worker is not needed any more.
    waits_for_end_ = true;
    if (is_open_) ::shutdown(channel_.socket(), SHUT_RDWR);
    return;
  }
  Outcome outcome;
  outcome.exit_code = result.exit_code & 0xff;
  outcome.kind = outcome.exit_code == 0 ? Outcome::Kind::kOk : Outcome::Kind::kFailed;
  outcome.has_value = result_.has_value;
  outcome.value_is_data = (result.flags & WorkerResult::kValueIsData) != 0;
  if (result_.exception) {
    outcome.kind = Outcome::Kind::kFailed;
    outcome.exit_code = 1;
    outcome.has_value = false;
    outcome.exception = std::move(result_.exception);
  }
  outcome.usage.wall = wall;
  outcome.usage.cpu = said(result.cpu_us);
  outcome.usage.left = result.left;
  if (interruption_) EndInterruption(outcome);
  if ((result.flags & WorkerResult::kLeavesProcesses) != 0) {
    concluded_ = std::move(outcome);
    waits_for_end_ = true;
    SetState(State::kEnding);
    GiveBackAll();
  } else if ((result.flags & WorkerResult::kHasOutput) != 0) {
    concluded_ = std::move(outcome);
    output_->Mark();
    DrainAndConclude();
  } else {
    Conclude(std::move(outcome), std::move(value_));
  }
}

void PoolWorker::DrainAndConclude() {
  for (const OutputStream stream : {OutputStream::kStdout, OutputStream::kStderr}) {
    while (!output_->IsReadToMark(stream)) {
      if (is_paused_) return;  // Resume goes on
      std::string data = output_->Read(stream);
      if (data.empty()) break;
      Give(stream, std::move(data));
    }
  }
  if (is_paused_) return;
  Conclude(*std::exchange(concluded_, std::nullopt), std::move(value_));
}

void PoolWorker::Conclude(Outcome outcome, std::string value) {
  const std::shared_ptr<Cell> cell = std::move(cells_.front());
  cells_.pop_front();
  result_ = {};
  value_.clear();
  exception_.clear();
  concluded_.reset();
  waits_for_end_ = false;
  since_ = Clock::now();
  // What a session's cells left running writes waits for the next one.
  if (keeps_namespace_ && output_ != nullptr && state_ == State::kReady) output_->Pause();
  Touch(cell->sink());
  cell->End(std::move(outcome), std::move(value));
}

void PoolWorker::Give(OutputStream stream, std::string data) {
  // Of a process that a cell left running: nobody's any more.
  if (cells_.empty() || data.empty()) return;
  Touch(cells_.front()->sink());
  if (!cells_.front()->Tell(stream, std::move(data))) Pause();
}

void PoolWorker::Touch(CellSink& sink) {
  has_progress_ = true;
  if (sinks_.empty() || sinks_.back() != &sink) sinks_.push_back(&sink);
}

void PoolWorker::TellProgress() {
  if (is_taking_ || !std::exchange(has_progress_, false)) return;
  owner_.OnProgress(*this);
  for (CellSink* const sink : std::exchange(sinks_, {})) sink->OnBatchEnd();
}

void PoolWorker::HandleOutput(OutputStream stream) {
  if (end_ || is_lost_) {
    Give(stream, output_->Read(stream));
    if (output_->AtEnd()) FinishEnd();
    TellProgress();
    return;
  }
  std::atomic<std::uint32_t>& reads = channel_.output_reads();
  reads.fetch_add(1, std::memory_order_seq_cst);
  TakeResults();
  if (!is_paused_ && !output_->IsPaused()) Give(stream, output_->Read(stream));
  reads.fetch_add(1, std::memory_order_seq_cst);
  TellProgress();
}

void PoolWorker::Pause() {
  is_paused_ = true;
  output_->Pause();
}

void PoolWorker::Resume(const Cell& cell) {
  if (!is_paused_ || cells_.empty() || cells_.front().get() != &cell) return;
  is_paused_ = false;
  if (end_ || is_lost_) {
    WaitForOutput();
    TellProgress();
    return;
  }
  output_->Resume();
  if (concluded_ && !waits_for_end_ && !end_) DrainAndConclude();
  TakeResults();
  TellProgress();
}

}  // namespace muster::server
