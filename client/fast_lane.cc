#include "client/fast_lane.h"

#include <algorithm>

#include "client/forks.h"
#include "client/lane_message.h"
#include "client/wire.h"

namespace muster {
namespace {

// So many are worth a message: one costs both ends some 50 us, whatever is in it.
constexpr std::size_t kMany = 128;
// With so few under way the node may have nothing to do.
constexpr std::size_t kFew = 16;
// A call so soon after the last message is one of many, and waits for company as long; longer when
// the node has many to do already.
constexpr std::chrono::milliseconds kHold(4);
constexpr std::chrono::milliseconds kLongestHold(16);
constexpr std::uint64_t kMaxUnacknowledged = 64;
constexpr std::uint64_t kMaxUnacknowledgedBytes = 1u << 20;
constexpr std::uint64_t kEventOverhead = 64;  // bytes, about
constexpr std::uint64_t kCreditStep = 64u << 10;
// As of LaneTimer; idleness is looked for by OnTime.
constexpr std::chrono::seconds kFirstLook(60);

}  // namespace

FastLane::FastLane(std::shared_ptr<NodeLink> link, std::string node)
    : link_(std::move(link)), node_(std::move(node)), forks_(Forks()) {}

bool FastLane::IsSupported() const {
  const MutexLock lock(mutex_);
  return is_supported_;
}

bool FastLane::IsDue(bool is_new) const {
  if (!book_.CanSend()) return false;
  const std::size_t waiting = book_.waiting();
  if (is_urgent_ || book_.sent() < kFew || waiting >= std::min(book_.sent(), kMany)) return true;
  return is_new && std::chrono::steady_clock::now() - last_write_ >= Hold();
}

std::chrono::milliseconds FastLane::Hold() const {
  return book_.sent() < kMany ? kHold : kLongestHold;
}

bool FastLane::AcknowledgesByItself() const {
  return taken_ - acknowledged_ >= kMaxUnacknowledged ||
         unacknowledged_bytes_ >= kMaxUnacknowledgedBytes;
}

void FastLane::Submit(const std::shared_ptr<FastCall>& call) {
  std::shared_ptr<LaneStream> stale;  // ends after the lock
  bool connects = false;
  bool flushes = false;
  bool falls_back = false;
  std::optional<Time> hold_until;
  {
    const MutexLock lock(mutex_);
    const bool was_empty = book_.IsEmpty();
    book_.Add(call);
    falls_back = !is_supported_;
    if (was_empty) stale = TakeStale(true);
    if (stage_ == Stage::kIdle && !falls_back) {
      stage_ = Stage::kConnecting;
      connects = true;
    }
    flushes = stage_ == Stage::kOpen && !is_writing_ && IsDue(true);
    if (stage_ == Stage::kOpen && !flushes && !flush_at_) {
      flush_at_ = hold_until = std::chrono::steady_clock::now() + Hold();
    }
  }
  if (stale) stale->Break();
  if (falls_back) FallBack();
  if (connects) Connect();
  if (flushes) Flush();
  if (hold_until) SetTimer(*hold_until);
}

void FastLane::SendNow(const FastCall& call) {
  {
    const MutexLock lock(mutex_);
    if (call.standing.stage != FastCall::Stage::kWaiting) return;
    if (stage_ != Stage::kOpen || !book_.CanSend()) return;
    is_urgent_ = true;
    if (is_writing_) return;  // OnWritten goes on
  }
  Flush();
}

std::shared_ptr<LaneStream> FastLane::TakeStale(bool looks) {
  if (stage_ != Stage::kOpen || book_.sent() > 0) return nullptr;
  const Connection& connection = *stream_->connection();
  if (!connection.IsDraining() && (!looks || connection.IsAlive())) return nullptr;
  stage_ = Stage::kIdle;
  return std::move(stream_);
}

bool FastLane::Leave() {
  std::shared_ptr<LaneStream> stale;
  {
    const MutexLock lock(mutex_);
    if (book_.CanSend()) stale = TakeStale(false);
    if (stale == nullptr) return false;
    stage_ = Stage::kConnecting;
  }
  stale->Break();
  Connect();
  return true;
}

void FastLane::Flush() {
  if (Leave()) return;
  LaneMessage message;
  Calls calls;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> credits;
  std::shared_ptr<LaneStream> stream;
  std::shared_ptr<const std::string> text;
  std::optional<Time> guard;
  {
    const MutexLock lock(mutex_);
    if (stage_ != Stage::kOpen || is_writing_) return;
    // To a daemon that ends nothing new is sent.
    if (!stream_->connection()->IsDraining()) calls = book_.Next();
    is_urgent_ = is_urgent_ && book_.CanSend();
    credits.swap(credits_);
    if (calls.empty() && credits.empty() && !AcknowledgesByItself()) return;
    if (taken_ > acknowledged_) {
      message.Acknowledge(taken_);
      acknowledged_ = taken_;
      unacknowledged_bytes_ = 0;
    }
    for (const auto& call : calls) {
      const std::optional<Time> its = call->standing.guard;
      if (its && (!next_guard_ || *its < *next_guard_)) next_guard_ = guard = its;
    }
    if (!calls.empty()) writing_ = calls.back()->standing.sequence;
    is_writing_ = true;
    last_write_ = std::chrono::steady_clock::now();
    stream = stream_;
    text = stream_text_;
  }
  for (const auto& call : calls) {
    // What was numbered keeps its number: nobody changes it any more.
    const std::uint64_t sequence = call->standing.sequence;
    call->state()->SetId(text, sequence);
    message.AddRequest(sequence, call->request());
  }
  for (const auto& [sequence, bytes] : credits) message.AddCredit(sequence, bytes);
  stream->Write(message.Buffer());
  if (guard) SetTimer(*guard);
}

void FastLane::OnWritten(LaneStream& stream) {
  bool flushes = false;
  bool cancels = false;
  {
    const MutexLock lock(mutex_);
    if (stream_.get() != &stream) return;
    is_writing_ = false;
    written_ = std::max(written_, writing_);
    flushes = IsDue(false) || !credits_.empty() || AcknowledgesByItself();
    cancels = !cancels_.empty();
  }
  if (flushes) Flush();
  if (cancels) SendCancels();
}

FastLane::Calls FastLane::Take(const LaneStream& stream, const v1::ExecuteManyEvent& message) {
  Calls calls;
  calls.reserve(static_cast<std::size_t>(message.events_size()));
  const MutexLock lock(mutex_);
  if (stream_.get() != &stream || stage_ != Stage::kOpen) return {};
  if (!message.has_opened()) ++taken_;
  failures_ = 0;
  for (const v1::LaneEvent& event : message.events()) {
    std::shared_ptr<FastCall> call =
        event.has_outcome() ? book_.End(event.sequence()) : book_.Find(event.sequence());
    const std::size_t output = event.output().data().size();
    unacknowledged_bytes_ += kEventOverhead + output + event.value().size();
    if (call) call->standing.output_bytes += output;
    calls.push_back(std::move(call));
  }
  return calls;
}

void FastLane::OnMessage(LaneStream& stream, v1::ExecuteManyEvent& message) {
  if (message.has_opened()) OnOpened(stream, message.opened());
  const Calls calls = Take(stream, message);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    v1::LaneEvent& event = *message.mutable_events(static_cast<int>(i));
    // If nothing of this number runs, it has ended, or never was.
    if (calls[i] && !event.has_outcome()) Hand(*calls[i], event);
  }
  // Outcomes from the last to the first: who waits for the oldest finds all of them when he wakes.
  for (std::size_t i = calls.size(); i-- > 0;) {
    v1::LaneEvent& event = *message.mutable_events(static_cast<int>(i));
    if (calls[i] && event.has_outcome()) Hand(*calls[i], event);
  }
  std::shared_ptr<LaneStream> closed;
  bool looks = false;
  bool flushes = false;
  {
    const MutexLock lock(mutex_);
    if (stream_.get() != &stream) return;
    flushes = IsDue(false) || !credits_.empty() || AcknowledgesByItself();
    if (book_.IsEmpty()) {
      idle_since_ = std::chrono::steady_clock::now();
      looks = !std::exchange(looks_for_idleness_, true);
      if (is_closed_) closed = TakeIdle(idle_since_);
    }
  }
  if (closed) closed->FinishWrites();
  if (looks) SetTimer(std::chrono::steady_clock::now() + kFirstLook);
  if (flushes) Flush();
}

void FastLane::OnValues(LaneStream& stream, const ValueMessage& message) {
  Calls calls;
  {
    const MutexLock lock(mutex_);
    if (stream_.get() != &stream || stage_ != Stage::kOpen) return;
    ++taken_;
    failures_ = 0;
    for (const ValueMessage::Piece& piece : message.pieces()) {
      calls.push_back(book_.Find(piece.sequence));
      unacknowledged_bytes_ += kEventOverhead + piece.size;
    }
  }
  message.Take([&](std::size_t number, std::string_view bytes) {
    if (calls[number]) calls[number]->value.Append(bytes, message.pieces()[number].value_bytes);
  });
  bool flushes = false;
  {
    const MutexLock lock(mutex_);
    flushes = stream_.get() == &stream && !is_writing_ && AcknowledgesByItself();
  }
  if (flushes) Flush();
}

void FastLane::Hand(FastCall& call, v1::LaneEvent& event) {
  Call::State& state = *call.state();
  const bool has_ended = event.has_outcome();
  if (event.has_output()) {
    const bool has_room = state.AddOutput(wire::TakeEvent(*event.mutable_output()));
    if (has_room && !has_ended) GiveCredit(call, false);
  }
  if (!event.value().empty()) call.value.Append(event.value(), event.value_bytes());
  if (has_ended) {
    state.Finish(wire::TakeOutcome(*event.mutable_outcome(), call.value.Take(), state.node()));
  }
}

void FastLane::GiveCredit(FastCall& call, bool all) {
  const MutexLock lock(mutex_);
  FastCall::Standing& standing = call.standing;
  if (standing.stage != FastCall::Stage::kSent) return;
  const std::uint64_t owed = standing.output_bytes - standing.credited_bytes;
  if (owed == 0 || (!all && owed < kCreditStep)) return;
  standing.credited_bytes += owed;
  credits_.emplace_back(standing.sequence, owed);
}

void FastLane::ReadOn(FastCall& call) {
  std::shared_ptr<CallControl> successor;
  {
    const MutexLock lock(mutex_);
    successor = call.standing.successor;
  }
  if (successor) {
    successor->ReadOn();
    return;
  }
  GiveCredit(call, true);
  Flush();
}

}  // namespace muster
