// FastLane: what becomes of its calls when a stream breaks or cannot be had, and how it is taken up
// again.
#include <absl/strings/str_cat.h>

#include <utility>

#include "client/fast_lane.h"
#include "client/node_failure.h"
#include "common/escape.h"

namespace muster {
namespace {

constexpr std::chrono::milliseconds kReturnTime(5000);  // the daemon keeps a broken stream so long
constexpr std::chrono::milliseconds kFirstPause(25);
// Tries that fail at once: nobody listens there, for a second and a half.
constexpr int kMostFailures = 6;
// The same while nothing was sent, and nobody is to be taken up again.
constexpr int kMostOpenings = 3;

// The daemon knows the stream no longer, or will not have it: there is nothing to come back to.
bool IsFinal(grpc::StatusCode code) {
  return code == grpc::StatusCode::FAILED_PRECONDITION ||
         code == grpc::StatusCode::ALREADY_EXISTS || IsRefusal(code);
}

}  // namespace

FastLane::Ends FastLane::Lost(const std::string& why) {
  return_until_.reset();
  cancels_.clear();
  later_cancels_.clear();
  credits_.clear();
  return {book_.EndSent(), Outcome::Kind::kLost,
          absl::StrCat(why, "; whether it finished is not known")};
}

void FastLane::OnUnreachable(const std::string& why) {
  std::vector<Ends> ends;
  std::optional<Time> retry_at;
  {
    const MutexLock lock(mutex_);
    if (stage_ != Stage::kConnecting) return;
    if (return_until_) {
      Return();
      if (++failures_ > kMostFailures) ends = GiveUp(why);
    } else {
      stage_ = Stage::kIdle;
      ends.push_back({book_.EndWaiting(), Outcome::Kind::kUnreachable, why});
    }
    retry_at = retry_at_;
  }
  Finish(ends);
  if (retry_at) SetTimer(*retry_at);
}

// A while later the more often it failed.
void FastLane::Return() {
  stage_ = Stage::kBroken;
  retry_at_ = std::chrono::steady_clock::now() +
              (failures_ == 0 ? std::chrono::milliseconds(0) : kFirstPause * (1 << failures_));
}

std::vector<FastLane::Ends> FastLane::GiveUp(const std::string& why) {
  stage_ = Stage::kIdle;
  retry_at_.reset();
  failures_ = 0;
  std::vector<Ends> ends;
  ends.push_back(Lost(absl::StrCat(Name(), " broke the connection before the outcome",
                                   why_broken_.empty() ? "" : ": ", why_broken_)));
  ends.push_back({book_.EndWaiting(), Outcome::Kind::kUnreachable, why});
  return ends;
}

void FastLane::OnEnd(LaneStream& stream, const grpc::Status& status) {
  const std::shared_ptr<Connection> connection = stream.connection();
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE || !connection->IsAlive()) {
    link_->Forget(connection.get());
  }
  std::shared_ptr<LaneStream> ended;  // ends after the lock
  std::vector<Ends> ends;
  bool falls_back = false;
  bool is_broken = false;
  bool retries = false;
  {
    const MutexLock lock(mutex_);
    if (stream_.get() != &stream) return;
    ended = std::move(stream_);
    const bool was_open = stage_ == Stage::kOpen;
    open_until_.reset();
    is_broken = was_open && book_.sent() > 0;
    ends = AfterBreak(status, was_open, &falls_back);
    retries = stage_ == Stage::kBroken;
  }
  if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) link_->ForgetAll();
  // The new stream goes over another connection.
  if (is_broken) link_->Forget(connection.get());
  Finish(ends);
  if (falls_back) FallBack();
  if (is_broken) {
    connection->Explain(status, [weak = weak_from_this()](const std::string& words) {
      const std::shared_ptr<FastLane> self = weak.lock();
      if (self == nullptr) return;
      const MutexLock lock(self->mutex_);
      self->why_broken_ = words;
    });
  }
  if (retries) OnTime();
}

std::vector<FastLane::Ends> FastLane::AfterBreak(const grpc::Status& status, bool was_open,
                                                 bool* falls_back) {
  if (book_.sent() == 0) {
    return_until_.reset();
    if (book_.waiting() == 0) {
      stage_ = Stage::kIdle;
      return {};
    }
    if (!was_open) return AfterFailedOpening(status, falls_back);
    Return();
    ++failures_;
    return {};
  }
  const grpc::StatusCode code = status.error_code();
  const bool is_returning = return_until_.has_value();
  if (code == grpc::StatusCode::INVALID_ARGUMENT || (is_returning && IsFinal(code))) {
    std::vector<Ends> ends;
    ends.push_back(Lost(absl::StrCat(
        Name(), " ended it with its stream: ", EscapeToOneLine(status.error_message()))));
    stage_ = Stage::kIdle;
    if (book_.waiting() > 0) Return();
    return ends;
  }
  if (!is_returning) {
    return_until_ = std::chrono::steady_clock::now() + kReturnTime;
    why_broken_ = EscapeToOneLine(status.error_message());
    failures_ = 0;
  }
  Return();
  if (++failures_ > kMostFailures) {
    return GiveUp(absl::StrCat("cannot reach ", Name(), " any more: ", why_broken_));
  }
  return {};
}

// Nothing was sent.
std::vector<FastLane::Ends> FastLane::AfterFailedOpening(const grpc::Status& status,
                                                         bool* falls_back) {
  const std::string words = EscapeToOneLine(status.error_message());
  stage_ = Stage::kIdle;
  std::vector<Ends> ends;
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    is_supported_ = false;
    *falls_back = true;
  } else if (IsRefusal(status.error_code())) {
    ends.push_back({book_.EndWaiting(), Outcome::Kind::kRefused,
                    absl::StrCat("by clusterd on ", Name(), ": ", words)});
  } else if (++failures_ < kMostOpenings) {
    Return();
  } else {
    failures_ = 0;
    ends.push_back({book_.EndWaiting(), Outcome::Kind::kUnreachable,
                    absl::StrCat("cannot open a stream to ", Name(), ": ", words,
                                 "; nothing was started by it")});
  }
  return ends;
}

}  // namespace muster
