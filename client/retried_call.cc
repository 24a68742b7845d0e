#include "client/retried_call.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "client/grpc_threads.h"

namespace muster {
namespace {

// Before the second try; doubled before each further one.
constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::milliseconds kLongestPause(5000);

std::chrono::milliseconds PauseAfter(int tries) {
  constexpr int kMostDoublings = 10;
  return std::min(kLongestPause, kFirstPause * (1 << std::min(tries - 1, kMostDoublings)));
}

}  // namespace

void RetriedCall::Start(const std::shared_ptr<Call::State>& call, const ExecuteOptions& options,
                        MakeInput make_input, Begin begin) {
  const std::shared_ptr<RetriedCall> retried(
      new RetriedCall(call, options, std::move(make_input), std::move(begin)));
  call->SetControl(retried);
  retried->Try();
}

RetriedCall::RetriedCall(std::shared_ptr<Call::State> call, const ExecuteOptions& options,
                         MakeInput make_input, Begin begin)
    : call_(std::move(call)),
      retries_(options.retries),
      is_idempotent_(options.idempotent),
      make_input_(std::move(make_input)),
      begin_(std::move(begin)) {}

void RetriedCall::Try() {
  pause_.Rang();
  const auto attempt = std::make_shared<Call::State>(call_->node(), make_input_(), call_);
  {
    const MutexLock lock(mutex_);
    if (wish_ != Wish::kNothing) return;
    ++tries_;
    attempt_ = attempt;
  }
  begin_(attempt);
  // What was wished while it began met a call that nobody ran yet. Twice does no harm.
  Wish wish = Wish::kNothing;
  std::optional<std::chrono::milliseconds> grace;
  {
    const MutexLock lock(mutex_);
    wish = wish_;
    grace = grace_;
  }
  if (wish == Wish::kAbandon) attempt->Abandon();
  if (wish == Wish::kCancel) attempt->Cancel(grace);
  attempt->WhenDone([self = shared_from_this(), attempt] { self->OnEnd(attempt); });
}

bool RetriedCall::IsWorthAnother(Outcome::Kind kind) const {
  if (wish_ != Wish::kNothing || tries_ > retries_) return false;
  return kind == Outcome::Kind::kUnreachable || (kind == Outcome::Kind::kLost && is_idempotent_);
}

void RetriedCall::OnEnd(const std::shared_ptr<Call::State>& attempt) {
  Outcome outcome = attempt->TakeOutcome();
  int tries = 0;
  bool again = false;
  {
    const MutexLock lock(mutex_);
    tries = tries_;
    again = IsWorthAnother(outcome.kind);
    if (again) attempt_.reset();
  }
  // The pause is a timer of gRPC's.
  if (again && KeepGrpcThreads().ok()) {
    pause_.At(std::chrono::steady_clock::now() + PauseAfter(tries),
              [self = shared_from_this()] { self->Try(); });
    return;
  }
  const bool gave_up =
      outcome.kind == Outcome::Kind::kUnreachable || outcome.kind == Outcome::Kind::kLost;
  if (gave_up && tries > 1) absl::StrAppend(&outcome.reason, "; this was try ", tries);
  call_->Finish(std::move(outcome));
}

std::shared_ptr<Call::State> RetriedCall::Attempt() const {
  const MutexLock lock(mutex_);
  return attempt_;
}

std::shared_ptr<Call::State> RetriedCall::Stop(Wish wish,
                                               std::optional<std::chrono::milliseconds> grace) {
  const MutexLock lock(mutex_);
  wish_ = std::max(wish_, wish);
  grace_ = grace;
  return attempt_;
}

void RetriedCall::FinishBetween(const char* why) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kCancelled;
  outcome.node = call_->node();
  outcome.reason = why;
  call_->Finish(std::move(outcome));
}

void RetriedCall::ReadOn() {
  if (const auto attempt = Attempt()) attempt->ReadOn();
}

void RetriedCall::SendNow() {
  if (const auto attempt = Attempt()) attempt->SendNow();
}

void RetriedCall::Cancel(std::optional<std::chrono::milliseconds> grace) {
  if (const auto attempt = Stop(Wish::kCancel, grace)) {
    attempt->Cancel(grace);
  } else {
    FinishBetween("by this program, before it was sent again");
  }
}

void RetriedCall::Abandon() {
  if (const auto attempt = Stop(Wish::kAbandon, std::nullopt)) {
    attempt->Abandon();
  } else {
    FinishBetween("its last handle went before it was sent again");
  }
}

}  // namespace muster
