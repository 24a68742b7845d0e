#include "server/service/lane_calls.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace muster::server {
namespace {
constexpr std::size_t kStreamIdBytes = 16;
constexpr int kMaxRequests = 256;
// Of the executions' ids with this stream's: no request has it.
constexpr std::uint64_t kNoSequence = ~std::uint64_t{0};
constexpr char kShuttingDown[] = "this clusterd is shutting down";
}  // namespace

class LaneCalls::Handler final : public LaneReactor::Handler {
 public:
  Handler(LaneCalls& calls, Caller caller) : calls_(calls), caller_(std::move(caller)) {}
  grpc::Status OpenLane(const v1::ExecuteManyRequest& first, Lane::Carrier& carrier,
                        std::shared_ptr<Lane>& lane, v1::LaneOpened& opened) override {
    return calls_.OpenLane(caller_, first, carrier, lane, opened);
  }
  grpc::Status TakeRequests(const std::shared_ptr<Lane>& lane,
                            v1::ExecuteManyRequest& message) override {
    return calls_.TakeRequests(caller_, lane, message);
  }

 private:
  LaneCalls& calls_;
  const Caller caller_;
};

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* LaneCalls::Open(const Caller& caller) {
  return LaneReactor::Make(loop_, open_calls_, std::make_unique<Handler>(*this, caller)).get();
}

grpc::Status LaneCalls::OpenLane(const Caller& caller, const v1::ExecuteManyRequest& first,
                                 Lane::Carrier& carrier, std::shared_ptr<Lane>& lane,
                                 v1::LaneOpened& opened) {
  if (!first.has_open() || first.open().stream_id().size() != kStreamIdBytes) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            "the first message has to be open, with a stream id of 16 bytes"};
  }
  const v1::OpenLane& open = first.open();
  if (const auto rejection = reception_.CheckAddress(open.incarnation(), open.node())) {
    if (const auto* status = std::get_if<grpc::Status>(&*rejection)) return *status;
    return {grpc::StatusCode::PERMISSION_DENIED, std::get<Refusal>(*rejection).reason};
  }
  const Key key{caller->uid, open.stream_id()};
  const auto found = lanes_.find(key);
  if (open.again()) {
    if (found == lanes_.end()) {
      return {grpc::StatusCode::FAILED_PRECONDITION,
              "this stream is not here any more: its client was away for too long"};
    }
    lane = found->second;
  } else {
    if (table_.IsDraining()) return {grpc::StatusCode::UNAVAILABLE, kShuttingDown};
    if (!table_.UseId({caller->uid, open.stream_id(), kNoSequence})) {
      return {grpc::StatusCode::ALREADY_EXISTS, "a stream with this id was open here before"};
    }
    lane = std::make_shared<Lane>(loop_, caller, open.stream_id(), pools_.For(caller), audit_,
                                  [this](const Lane& ended) { Forget(ended); });
    lanes_[key] = lane;
  }
  grpc::Status status = lane->Carry(carrier, open, first.acknowledged());
  if (!status.ok()) return status;
  opened.set_incarnation(facts_.incarnation);
  opened.set_received(lane->received());
  return grpc::Status::OK;
}

void LaneCalls::Forget(const Lane& lane) {
  const auto found = lanes_.find({lane.identity()->uid, lane.stream_id()});
  if (found == lanes_.end()) return;
  // It is its own method that runs here.
  loop_.Post([ended = std::move(found->second)] {});
  lanes_.erase(found);
  if (lanes_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

grpc::Status LaneCalls::TakeRequests(const Caller& caller, const std::shared_ptr<Lane>& lane,
                                     v1::ExecuteManyRequest& message) {
  if (message.requests_size() > kMaxRequests) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            absl::StrCat("a message holds at most ", kMaxRequests, " requests")};
  }
  if (!message.has_open() && message.acknowledged() != 0 &&
      !lane->Acknowledge(message.acknowledged())) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "more is acknowledged than was sent"};
  }
  for (const v1::Credit& credit : message.credits()) {
    lane->AddCredit(credit.sequence(), credit.bytes());
  }
  for (v1::ExecuteRequest& request : *message.mutable_requests()) {
    // One that was sent again, though it had arrived.
    if (request.id().sequence() <= lane->received() && request.id().sequence() > 0) continue;
    if (!lane->TakeNumber(request.id().sequence())) {
      return {grpc::StatusCode::INVALID_ARGUMENT,
              absl::StrCat("request ", request.id().sequence(), " follows ", lane->received(),
                           ": the numbers have a gap")};
    }
    Take(caller, *lane, request);
  }
  return lane->Begin();
}

bool LaneCalls::IsCell(const v1::ExecuteRequest& message) const {
  const Limits& limits = facts_.limits;
  const bool has_limits = limits.cpu || limits.memory_bytes || limits.processes ||
                          limits.file_size_bytes || limits.open_files || limits.output_bytes;
  return message.has_python() && message.isolation() == v1::ISOLATION_WORKER && !has_limits &&
         message.python().source().size() <= WorkerChannel::kMaxSource &&
         message.directory().empty() && message.environment().empty() && !message.has_limits() &&
         message.resources().empty() && message.session().empty() &&
         message.leftovers() == v1::LEFTOVERS_OWN_SESSION;
}

void LaneCalls::Take(const Caller& caller, Lane& lane, v1::ExecuteRequest& message) {
  const std::uint64_t sequence = message.id().sequence();
  if (!IsCell(message)) {
    message.mutable_id()->set_stream_id(lane.stream_id());
    lane.Run(sequence, message.ByteSizeLong(), [&](const std::shared_ptr<ExecutionSink>& sink) {
      return Start(caller, message, sink);
    });
    return;
  }
  std::string why = caller->why_no_jobs;
  if (!why.empty()) reception_.Deny(*caller, why);
  if (why.empty()) why = table_.WhyNot();
  if (why.empty() && absl::StripAsciiWhitespace(message.python().source()).empty()) {
    why = "the command is empty";
  }
  if (why.empty() && audit_ != nullptr) {
    ExecutionRequest known;
    known.key = {caller->uid, lane.stream_id(), sequence};
    known.identity = caller;
    known.launch.kind = LaunchRequest::Kind::kPython;
    known.launch.source = message.python().source();
    why = reception_.Record(known);
  }
  if (!why.empty()) {
    lane.Refuse(sequence, why);
    return;
  }
  Cell::Request request;
  request.source = std::move(*message.mutable_python()->mutable_source());
  request.form = ReadForm(message.python().form());
  request.size = std::max<std::uint32_t>(message.size(), 1);
  request.rank = message.rank();
  request.grace = ReadGrace(message);
  request.deadline = SmallerOf(ReadDeadline(message), facts_.longest);
  lane.Run(sequence, std::move(request));
}

// As Execute would.
std::shared_ptr<ExecutionControl> LaneCalls::Start(const Caller& caller,
                                                   const v1::ExecuteRequest& message,
                                                   const std::shared_ptr<ExecutionSink>& sink) {
  const auto refuse = [&](const Reception::Rejection& rejection) {
    const auto* refusal = std::get_if<Refusal>(&rejection);
    sink->OnOutcome(Refused(
        refusal != nullptr ? refusal->reason : std::get<grpc::Status>(rejection).error_message()));
    return nullptr;
  };
  auto checked = reception_.Check(message, caller, [](ExecutionRequest&) {});
  if (const auto* rejection = std::get_if<Reception::Rejection>(&checked)) {
    return refuse(*rejection);
  }
  auto& request = std::get<ExecutionRequest>(checked);
  if (const auto rejection = reception_.Admit(request)) return refuse(*rejection);
  return reception_.Launch(std::move(request), sink);
}

std::shared_ptr<ExecutionControl> LaneCalls::Find(const ExecutionKey& key) const {
  const auto found = lanes_.find({key.caller, key.stream_id});
  return found == lanes_.end() ? nullptr : found->second->Find(key.sequence);
}

void LaneCalls::Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
                      std::function<void()> on_empty) {
  if (on_empty) on_empty_ = std::move(on_empty);
  const auto lanes = lanes_;  // StopAll may remove
  for (const auto& [key, lane] : lanes) lane->Close(grace, who);
  if (lanes_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

}  // namespace muster::server
