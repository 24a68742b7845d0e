// FastLane: how its streams begin and end, and what it does in time.
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "client/execution.h"
#include "client/execution_id.h"
#include "client/fast_lane.h"
#include "client/wire.h"

namespace muster {
namespace {

constexpr std::chrono::milliseconds kOpenTime(15000);
constexpr std::chrono::milliseconds kMaxIdle(60000);
constexpr std::uint64_t kFirstCredit = 256u << 10;

grpc::ByteBuffer ToBuffer(const v1::ExecuteManyRequest& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

void FastLane::Connect() { link_->Connect(NodeLink::Use::kExecution, shared_from_this()); }

void FastLane::Finish(const std::vector<Ends>& all) {
  for (const Ends& ends : all) {
    for (const auto& call : ends.calls) call->Finish(ends.kind, ends.reason);
  }
}

v1::ExecuteManyRequest FastLane::FirstMessage() const {
  v1::ExecuteManyRequest first;
  v1::OpenLane& open = *first.mutable_open();
  open.set_stream_id(stream_id_);
  open.set_incarnation(incarnation_);
  open.set_node(node_);
  open.set_again(return_until_.has_value());
  first.set_acknowledged(acknowledged_);
  return first;
}

void FastLane::OnConnected(NodeLink::Lease lease) {
  const std::string incarnation = lease.connection()->incarnation();
  // Ends after the lock, if it is not started: with it a place is given back.
  auto stream = std::make_shared<LaneStream>(std::move(lease), shared_from_this());
  v1::ExecuteManyRequest first;
  std::vector<Ends> ends;
  Time open_until;
  bool starts = false;
  {
    const MutexLock lock(mutex_);
    if (stage_ != Stage::kConnecting) return;
    if (return_until_ && incarnation != incarnation_) {
      ends.push_back(Lost(absl::StrCat("node restarted: ", Name(), " has another clusterd now")));
    }
    starts = !book_.IsEmpty();
    stage_ = starts ? Stage::kOpening : Stage::kIdle;
    if (starts && !return_until_) {
      stream_id_ = NewStreamId();
      stream_text_ = std::make_shared<const std::string>(absl::BytesToHexString(stream_id_));
      incarnation_ = incarnation;
      book_.Renumber();
      taken_ = 0;
    }
    if (starts) {
      // Of what was told to the stream before nobody knows whether it arrived.
      acknowledged_ = taken_;
      unacknowledged_bytes_ = 0;
      writing_ = written_ = 0;
      is_writing_ = true;
      first = FirstMessage();
      stream_ = stream;
      open_until_ = open_until = std::chrono::steady_clock::now() + kOpenTime;
    }
  }
  Finish(ends);
  if (!starts) return;
  stream->Start(ToBuffer(first), stream);
  SetTimer(open_until);
}

void FastLane::OnOpened(LaneStream& stream, const v1::LaneOpened& opened) {
  bool is_broken = false;
  std::vector<Ends> ends;
  {
    const MutexLock lock(mutex_);
    if (stream_.get() != &stream || stage_ != Stage::kOpening) return;
    open_until_.reset();
    if (opened.incarnation() != incarnation_ || !book_.Repeat(opened.received())) {
      ends.push_back(Lost(absl::StrCat(Name(), " took up another stream than the one that broke")));
      is_broken = true;
    }
    return_until_.reset();
    if (!is_broken) stage_ = Stage::kOpen;
    is_urgent_ = true;
    written_ = opened.received();
    idle_since_ = std::chrono::steady_clock::now();
    cancels_.clear();
    later_cancels_.clear();
    credits_.clear();
    for (const auto& call : book_.Sent()) {
      const FastCall::Standing& standing = call->standing;
      if (standing.wants_cancel) cancels_.push_back(standing.sequence);
      // Credit that was under way when the stream broke may be lost, at most what is unused.
      const std::uint64_t unused = kFirstCredit + standing.credited_bytes - standing.output_bytes;
      const std::uint64_t lost = std::min(unused, standing.credited_bytes);
      if (lost > 0) credits_.emplace_back(standing.sequence, lost);
    }
  }
  Finish(ends);
  if (is_broken) {
    stream.Break();  // what waits goes over the next one
  } else {
    SendCancels();
  }
}

void FastLane::FallBack() {
  std::vector<std::pair<std::shared_ptr<FastCall>, std::shared_ptr<Execution>>> moved;
  {
    const MutexLock lock(mutex_);
    for (std::shared_ptr<FastCall>& call : book_.EndWaiting()) {
      const LaneRequest& request = call->request();
      ExecuteOptions options;
      options.deadline = request.deadline;
      options.grace = request.grace;
      auto execution = std::make_shared<Execution>(
          call->state(), link_,
          wire::ToRequest(python(request.source, request.form), options, node_, request.place));
      call->standing.stage = FastCall::Stage::kElsewhere;
      call->standing.successor = execution;
      moved.emplace_back(std::move(call), std::move(execution));
    }
  }
  for (const auto& [call, execution] : moved) {
    call->state()->SetControl(execution);
    execution->Begin();
  }
}

std::shared_ptr<LaneStream> FastLane::TakeIdle(Time now) {
  const bool is_idle = stage_ == Stage::kOpen && book_.IsEmpty() && !is_writing_;
  if (!is_idle || (!is_closed_ && now - idle_since_ < kMaxIdle)) return nullptr;
  stage_ = Stage::kIdle;
  return std::move(stream_);
}

void FastLane::Close() {
  std::shared_ptr<LaneStream> closed;
  {
    const MutexLock lock(mutex_);
    is_closed_ = true;
    closed = TakeIdle(std::chrono::steady_clock::now());
  }
  if (closed) closed->FinishWrites();
}

void FastLane::SetTimer(Time time) {
  timer_.At(time, [weak = weak_from_this()] {
    if (const std::shared_ptr<FastLane> self = weak.lock()) self->OnTime();
  });
}

FastLane::Time FastLane::NextTime() const {
  Time next = Time::max();
  for (const std::optional<Time>& time :
       {return_until_, retry_at_, open_until_, flush_at_, next_guard_}) {
    if (time) next = std::min(next, *time);
  }
  for (const LaterCancel& cancel : later_cancels_) next = std::min(next, cancel.time);
  if (looks_for_idleness_) next = std::min(next, idle_since_ + kMaxIdle);
  return next;
}

void FastLane::OnTime() {
  timer_.Rang();
  const Time now = std::chrono::steady_clock::now();
  std::shared_ptr<LaneStream> idle;
  std::shared_ptr<LaneStream> broken;
  std::vector<Ends> ends;
  bool connects = false;
  bool flushes = false;
  Time next;
  {
    const MutexLock lock(mutex_);
    const auto is_over = [now](std::optional<Time>* time) {
      if (!*time || **time > now) return false;
      time->reset();
      return true;
    };
    if (return_until_ && *return_until_ <= now) {
      broken = std::move(stream_);
      ends = GiveUp(absl::StrCat("cannot reach ", Name(), " any more: ", why_broken_));
    }
    if (is_over(&open_until_) && stage_ == Stage::kOpening) broken = stream_;  // OnEnd goes on
    if (is_over(&retry_at_) && stage_ == Stage::kBroken) {
      stage_ = Stage::kConnecting;
      connects = true;
    }
    if (is_over(&flush_at_)) flushes = is_urgent_ = book_.CanSend();
    if (is_over(&next_guard_)) {
      ends.push_back({book_.Overdue(now, &next_guard_), Outcome::Kind::kLost,
                      absl::StrCat("no answer from ", Name(), " long after the deadline")});
    }
    for (const LaterCancel& cancel : later_cancels_) {
      if (cancel.time <= now) cancels_.push_back(cancel.sequence);
    }
    std::erase_if(later_cancels_, [now](const LaterCancel& its) { return its.time <= now; });
    idle = TakeIdle(now);
    looks_for_idleness_ = stage_ == Stage::kOpen && book_.IsEmpty();
    next = NextTime();
  }
  if (idle) idle->FinishWrites();
  if (broken) broken->Break();
  Finish(ends);
  if (connects) Connect();
  if (flushes) Flush();
  SendCancels();
  if (next != Time::max()) SetTimer(next);
}

}  // namespace muster
