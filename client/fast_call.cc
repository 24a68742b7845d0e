#include "client/fast_call.h"

#include "client/fast_lane.h"

namespace muster {
namespace {

constexpr std::size_t kMaxShortSourceBytes = 16u << 10;

bool HasLimits(const Limits& limits) {
  return limits.cpu || limits.memory_bytes || limits.processes || limits.file_size_bytes ||
         limits.open_files || limits.output_bytes;
}

}  // namespace

bool FastCall::Fits(const Command& command, const ExecuteOptions& options) {
  return command.kind == Command::Kind::kPython && command.source.size() <= kMaxShortSourceBytes &&
         options.isolation == Isolation::kWorker && options.directory.empty() &&
         options.environment.empty() && options.resources.empty() && options.session.empty() &&
         options.id.empty() && options.leftovers == Leftovers::kOwnSession &&
         !HasLimits(options.limits);
}

void FastCall::Begin() { lane_->Submit(shared_from_this()); }

void FastCall::ReadOn() { lane_->ReadOn(*this); }

void FastCall::SendNow() { lane_->SendNow(*this); }

void FastCall::Cancel(std::optional<std::chrono::milliseconds> grace) {
  lane_->Cancel(*this, grace, false, "by this program, before it was sent; nothing was started");
}

void FastCall::Abandon() {
  lane_->Cancel(*this, std::nullopt, true, "its last handle went before it was sent");
}

void FastCall::Finish(Outcome::Kind kind, std::string reason) const {
  Outcome outcome;
  outcome.kind = kind;
  outcome.node = state_->node();
  outcome.reason = std::move(reason);
  state_->Finish(std::move(outcome));
}

}  // namespace muster
