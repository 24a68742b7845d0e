#include "server/service/lane.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "server/service/wire.h"

namespace muster::server {
namespace {

// What a client may have under way; ClusterAPI's LaneBook keeps to it.
constexpr std::size_t kMaxHeld = 1024;
constexpr std::size_t kMaxHeldBytes = 4u << 20;
constexpr std::int64_t kFirstCredit = 256 << 10;
constexpr std::int64_t kMaxCredit = std::int64_t{1} << 50;
constexpr std::size_t kShortBytes = 2048;
// Of a value: it goes to the wire from where it lies.
constexpr std::size_t kLongPiece = 16 << 10;
// So many events are worth a message: one costs both ends some 50 us, whatever is in it.
constexpr std::size_t kMany = 128;
// With so few to come it is not worth waiting for them.
constexpr std::size_t kFew = 16;
constexpr std::chrono::milliseconds kLongestHold(16);

void Shorten(std::string& text) {
  if (text.size() <= kShortBytes) return;
  text.resize(kShortBytes);
  text += "\n... cut here: the client reads too slowly ...";
}

// Of what is said of an exception.
std::size_t BytesOf(const Outcome::PythonException& exception) {
  std::size_t bytes = exception.type.size() + exception.message.size() + exception.traceback.size();
  for (const auto& cause : exception.causes) bytes += cause.type.size() + cause.message.size();
  return bytes;
}

}  // namespace

Lane::Lane(EventLoop& loop, std::shared_ptr<const Identity> identity, std::string stream_id,
           std::shared_ptr<WorkerPool> pool, AuditLog* audit,
           std::function<void(const Lane&)> on_end)
    : loop_(loop),
      identity_(std::move(identity)),
      stream_id_(std::move(stream_id)),
      pool_(std::move(pool)),
      audit_(audit),
      on_end_(std::move(on_end)) {}

Lane::~Lane() {
  if (absence_) loop_.CancelTimer(*absence_);
  if (hold_) loop_.CancelTimer(*hold_);
}

// ---- the call ----

grpc::Status Lane::Carry(Carrier& carrier, const v1::OpenLane& open, std::uint64_t acknowledged) {
  // What ran was stopped, and what it said since is gone.
  if (has_given_up_) {
    return {grpc::StatusCode::FAILED_PRECONDITION,
            "this stream is not here any more: its client was away for too long"};
  }
  if (carrier_ != nullptr) {
    std::exchange(carrier_, nullptr)
        ->Finish({grpc::StatusCode::ABORTED, "another call took over this stream"});
  }
  is_writing_ = true;  // `opened` goes first
  if (open.again() && !outbox_.Rewind(acknowledged)) {
    if (!absence_) WaitForClient();
    return {grpc::StatusCode::INVALID_ARGUMENT, "more is acknowledged than was sent"};
  }
  if (absence_) loop_.CancelTimer(*absence_);
  absence_.reset();
  client_is_done_ = is_closed_;
  carrier_ = &carrier;
  return grpc::Status::OK;
}

void Lane::Drop(const Carrier& carrier) {
  if (carrier_ != &carrier) return;
  // A connection that broke looks at first as if the client had half-closed. Who did has heard all.
  const bool has_said_all = held_.empty() && !is_writing_ && !outbox_.HasMore();
  carrier_ = nullptr;
  is_writing_ = false;
  if (client_is_done_ && has_said_all) {
    EndWhenDone();
  } else {
    WaitForClient();
  }
}

void Lane::WaitForClient() {
  absence_ = loop_.After(kMaxAbsence, [this] {
    absence_.reset();
    const auto self = shared_from_this();
    client_is_done_ = true;
    has_given_up_ = true;
    StopAll(StopCause::kClientGone, std::nullopt, "its client went away");
    EndWhenDone();
  });
}

void Lane::OnHalfClose(const Carrier& carrier) {
  if (carrier_ != &carrier) return;
  client_is_done_ = true;
  EndWhenDone();
}

void Lane::EndWhenDone() {
  if (!client_is_done_ || !held_.empty() || has_ended_ || absence_) return;
  // All has been said, and written.
  if (carrier_ != nullptr && (is_writing_ || outbox_.HasMore())) return;
  has_ended_ = true;
  if (carrier_ != nullptr) std::exchange(carrier_, nullptr)->Finish(grpc::Status::OK);
  on_end_(*this);
}

// ---- what the client sends ----

bool Lane::TakeNumber(std::uint64_t sequence) {
  if (sequence != received_ + 1) return false;
  received_ = sequence;
  return true;
}

Lane::Held& Lane::Hold(std::uint64_t sequence, std::size_t bytes) {
  Held& held = held_[sequence];
  held.credit = kFirstCredit;
  held.bytes = bytes;
  held_bytes_ += bytes;
  return held;
}

void Lane::Run(std::uint64_t sequence, Cell::Request request) {
  request.stream_id = &stream_id_;
  request.sequence = sequence;
  Held& held = Hold(sequence, request.source.size());
  const auto cell = std::make_shared<Cell>(loop_, std::move(request), *this, *pool_);
  held.control = cell;
  held.is_cell = true;
  ++cells_;
  pool_->Submit(cell);
}

namespace {

// Of an execution that is no cell: puts the number to what it says.
class LaneSink final : public ExecutionSink {
 public:
  LaneSink(std::shared_ptr<Lane> lane, std::uint64_t sequence)
      : lane_(std::move(lane)), sequence_(sequence) {}
  bool OnOutput(OutputStream stream, std::string data) override {
    const bool room = lane_->Output(sequence_, stream, std::move(data));
    lane_->OnBatchEnd();
    return room;
  }
  void OnOutcome(Outcome outcome) override {
    lane_->End(sequence_, outcome, "");
    lane_->OnBatchEnd();
  }

 private:
  const std::shared_ptr<Lane> lane_;
  const std::uint64_t sequence_;
};

}  // namespace

void Lane::Run(std::uint64_t sequence, std::size_t bytes, const Starter& start) {
  Hold(sequence, bytes);
  const auto control = start(std::make_shared<LaneSink>(shared_from_this(), sequence));
  // It may have ended in there.
  if (const auto held = held_.find(sequence); held != held_.end()) held->second.control = control;
}

void Lane::Refuse(std::uint64_t sequence, const std::string& why) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kRefused;
  outcome.reason = why;
  End(sequence, outcome, "");
}

grpc::Status Lane::Begin() {
  if (held_.size() > kMaxHeld || held_bytes_ > kMaxHeldBytes) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            absl::StrCat("more than ", kMaxHeld, " requests, or ", kMaxHeldBytes >> 20,
                         " MiB of them, are under way on this stream")};
  }
  if (outbox_.IsOverfull()) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "what was answered here is not acknowledged"};
  }
  pool_->Dispatch();
  Flush();
  ResumePaused();
  return grpc::Status::OK;
}

void Lane::AddCredit(std::uint64_t sequence, std::uint64_t bytes) {
  const auto held = held_.find(sequence);
  if (held == held_.end()) return;  // it has ended meanwhile
  const auto given = static_cast<std::int64_t>(std::min<std::uint64_t>(kMaxCredit, bytes));
  held->second.credit = std::min(held->second.credit + given, kMaxCredit);
}

std::shared_ptr<ExecutionControl> Lane::Find(std::uint64_t sequence) const {
  const auto held = held_.find(sequence);
  return held == held_.end() ? nullptr : held->second.control;
}

std::vector<Lane::Shown> Lane::Show(std::size_t most) const {
  std::vector<Shown> shown;
  for (const auto& [sequence, held] : held_) {
    if (!held.is_cell || shown.size() >= most) continue;
    const auto& cell = static_cast<const Cell&>(*held.control);
    const bool is_running = cell.IsRunning();
    shown.push_back({sequence, cell.request().source, cell.received(), !is_running,
                     cell.IsStopping(), is_running ? cell.worker()->supervisor_pid() : 0});
  }
  return shown;
}

void Lane::StopAll(StopCause cause, std::optional<std::chrono::milliseconds> grace,
                   const std::string& who) {
  const auto self = shared_from_this();
  std::vector<std::shared_ptr<ExecutionControl>> controls;
  for (const auto& [sequence, held] : held_) {
    if (held.control != nullptr) controls.push_back(held.control);
  }
  for (const auto& control : controls) {
    control->Stop(cause, grace, who);
    // What it still writes goes nowhere, and must not keep it waiting.
    if (carrier_ == nullptr) control->Resume();
  }
  Flush();
}

void Lane::Close(std::optional<std::chrono::milliseconds> grace, const std::string& who) {
  const auto self = shared_from_this();
  client_is_done_ = true;
  is_closed_ = true;
  has_given_up_ = has_given_up_ || carrier_ == nullptr;
  if (absence_) loop_.CancelTimer(*absence_);
  absence_.reset();
  StopAll(StopCause::kDrain, grace, who);
  EndWhenDone();
}

// ---- what is said ----

v1::LaneEvent& Lane::AddEvent(std::uint64_t sequence, std::size_t bytes) {
  v1::LaneEvent& event = outbox_.Add(sequence, bytes);
  was_full_ = was_full_ || outbox_.IsFull();
  return event;
}

bool Lane::Output(std::uint64_t sequence, OutputStream stream, std::string data,
                  std::uint64_t value_bytes) {
  const auto held = held_.find(sequence);
  // A client that is gone for good gets nothing; one that is waited for may return.
  const bool is_gone = client_is_done_ && carrier_ == nullptr && !absence_;
  if (held == held_.end() || is_gone) return true;
  const bool is_value = stream == OutputStream::kValue;
  if (!is_value) held->second.credit -= static_cast<std::int64_t>(data.size());
  if (is_value && data.size() >= kLongPiece) {
    outbox_.AddValue(sequence, std::move(data), value_bytes);
    was_full_ = was_full_ || outbox_.IsFull();
  } else if (is_value) {
    AddEvent(sequence, data.size()).set_value(std::move(data));
  } else {
    v1::LaneEvent& event = AddEvent(sequence, data.size());
    event.mutable_output()->set_stream(stream == OutputStream::kStdout ? v1::Output::STREAM_STDOUT
                                                                       : v1::Output::STREAM_STDERR);
    event.mutable_output()->set_data(std::move(data));
  }
  if ((is_value || held->second.credit > 0) && !outbox_.IsFull()) return true;
  held->second.is_paused = true;
  paused_.insert(sequence);
  return false;
}

void Lane::ResumePaused() {
  if (outbox_.IsFull()) {
    was_full_ = true;  // also when what is full has come to be less
    return;
  }
  if (std::exchange(was_full_, false)) pool_->Dispatch();
  if (paused_.empty()) return;
  std::vector<std::shared_ptr<ExecutionControl>> resumed;
  for (auto it = paused_.begin(); it != paused_.end();) {
    const auto held = held_.find(*it);
    if (held != held_.end() && held->second.credit <= 0) {
      ++it;
      continue;
    }
    if (held != held_.end()) resumed.push_back(held->second.control);
    paused_.erase(it++);
  }
  for (const auto& control : resumed) {
    if (control != nullptr) control->Resume();
  }
}

void Lane::End(std::uint64_t sequence, const Outcome& outcome, std::string value) {
  const auto held = held_.find(sequence);
  if (held != held_.end()) {
    held_bytes_ -= held->second.bytes;
    if (held->second.is_cell) --cells_;
    held_.erase(held);
  }
  std::size_t bytes = value.size() + outcome.reason.size();
  const Outcome* told = &outcome;
  Outcome shortened;
  if (outcome.exception) {
    if (outbox_.HasMuch()) {
      shortened = outcome;
      Shorten(shortened.exception->type);
      Shorten(shortened.exception->message);
      Shorten(shortened.exception->traceback);
      shortened.exception->causes.clear();
      told = &shortened;
    }
    bytes += BytesOf(*told->exception);
  }
  v1::LaneEvent& event = AddEvent(sequence, bytes);
  if (!value.empty()) event.set_value(std::move(value));
  WriteOutcomeTo(*told, *event.mutable_outcome());
}

bool Lane::OnOutput(const Cell& cell, OutputStream stream, std::string data) {
  return Output(cell.request().sequence, stream, std::move(data), cell.value_bytes());
}

void Lane::OnOutcome(const Cell& cell, Outcome outcome, std::string value) {
  if (audit_ != nullptr) {
    ExecutionRequest known;
    known.key = {identity_->uid, stream_id_, cell.request().sequence};
    known.identity = identity_;
    // It has ended, recorded or not.
    [[maybe_unused]] const absl::Status status = audit_->End(known, outcome);
  }
  queued_ = outcome.usage.queued;
  End(cell.request().sequence, outcome, std::move(value));
}

void Lane::OnBatchEnd() {
  Flush();
  EndWhenDone();
}

bool Lane::IsDue() const {
  if (outbox_.IsNextComplete()) return true;
  // Of the cells at least so many have not begun: what begins later ends later, too.
  const std::size_t queued = cells_ - std::min(cells_, pool_->workers());
  if (queued < kFew) return true;
  return outbox_.events_in_next() >= std::min(queued, kMany) ||
         Cell::Clock::now() >= last_write_ + Hold();
}

// What has waited for its turn can wait half of that longer.
std::chrono::milliseconds Lane::Hold() const {
  return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(queued_ / 2),
                    std::chrono::milliseconds(1), kLongestHold);
}

void Lane::Flush() {
  if (carrier_ == nullptr || is_writing_ || !outbox_.HasMore()) return;
  if (!IsDue()) {
    if (hold_) return;
    hold_ = loop_.After(Hold(), [this] {
      hold_.reset();
      last_write_ = {};
      Flush();
    });
    return;
  }
  last_write_ = Cell::Clock::now();
  is_writing_ = true;
  carrier_->Write(outbox_.BeginWrite());
}

void Lane::OnOpened(const Carrier& carrier) {
  if (carrier_ != &carrier) return;
  is_writing_ = false;
  Flush();
  ResumePaused();
  EndWhenDone();
}

void Lane::OnWritten(const Carrier& carrier) {
  if (carrier_ != &carrier) return;
  is_writing_ = false;
  outbox_.EndWrite();
  Flush();
  ResumePaused();
  EndWhenDone();
}

}  // namespace muster::server
