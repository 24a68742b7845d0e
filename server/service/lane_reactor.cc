#include "server/service/lane_reactor.h"

#include <utility>

#include "common/tsan.h"

namespace muster::server {

std::shared_ptr<LaneReactor> LaneReactor::Make(EventLoop& loop, OpenCalls& open_calls,
                                               std::unique_ptr<Handler> handler) {
  std::shared_ptr<LaneReactor> reactor(new LaneReactor(loop, open_calls, std::move(handler)));
  open_calls.Add();
  reactor->self_ = reactor;
  reactor->Read();
  return reactor;
}

void LaneReactor::OnReadDone(bool ok) {
  TsanAcquire(this);
  // What cannot be read is the end of what the client says, as gRPC has it.
  const bool is_read =
      ok && grpc::SerializationTraits<v1::ExecuteManyRequest>::Deserialize(&read_, request_).ok();
  loop_.Do([self = self_, is_read] { self->HandleRead(is_read); });
}

void LaneReactor::HandleRead(bool ok) {
  if (is_finished_) return;
  if (!ok) {
    // No more comes; whether the client is there is told by OnCancel.
    if (lane_ == nullptr) {
      Reject({grpc::StatusCode::INVALID_ARGUMENT, "there was no first message: open"});
    } else {
      lane_->OnHalfClose(*this);
    }
    return;
  }
  if (lane_ == nullptr) {
    Open();
    if (lane_ == nullptr) return;
  } else if (request_->has_open()) {
    Reject({grpc::StatusCode::INVALID_ARGUMENT, "only the first message may be open"});
    return;
  }
  const std::shared_ptr<Lane> lane = lane_;
  if (const grpc::Status status = handler_->TakeRequests(lane, *request_); !status.ok()) {
    Reject(status);
    return;
  }
  if (!is_finished_) Read();
}

void LaneReactor::Open() {
  std::shared_ptr<Lane> lane;
  v1::ExecuteManyEvent opened;
  const grpc::Status status = handler_->OpenLane(*request_, *this, lane, *opened.mutable_opened());
  if (!status.ok()) {
    Reject(status);
    return;
  }
  lane_ = std::move(lane);
  const grpc::Slice slice(opened.SerializeAsString());
  Write(grpc::ByteBuffer(&slice, 1));
}

void LaneReactor::Read() {
  arena_.Reset();
  request_ = google::protobuf::Arena::CreateMessage<v1::ExecuteManyRequest>(&arena_);
  TsanRelease(this);
  StartRead(&read_);
}

// The contract was broken, or nothing may begin: what runs is stopped.
void LaneReactor::Reject(const grpc::Status& status) {
  const std::shared_ptr<Lane> lane = std::move(lane_);
  if (lane != nullptr) {
    lane->Drop(*this);
    lane->StopAll(StopCause::kClientGone, std::nullopt, "its client broke the protocol");
  }
  Finish(status);
}

void LaneReactor::Write(const grpc::ByteBuffer& message) {
  if (is_finished_) return;
  written_ = message;
  TsanRelease(this);
  StartWrite(&written_);
}

void LaneReactor::Finish(const grpc::Status& status) {
  if (std::exchange(is_finished_, true)) return;
  lane_.reset();
  TsanRelease(this);
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>::Finish(status);
}

void LaneReactor::OnWriteDone(bool ok) {
  TsanAcquire(this);
  loop_.Do([self = self_, ok] {
    if (self->lane_ == nullptr || !ok) return;  // OnCancel comes
    const std::shared_ptr<Lane> lane = self->lane_;
    if (std::exchange(self->is_opened_, true)) {
      lane->OnWritten(*self);
    } else {
      lane->OnOpened(*self);
    }
  });
}

void LaneReactor::OnCancel() {
  loop_.Do([self = self_] {
    if (const std::shared_ptr<Lane> lane = std::move(self->lane_)) lane->Drop(*self);
    self->Finish(grpc::Status::CANCELLED);
  });
}

void LaneReactor::OnDone() {
  TsanAcquire(this);
  // What the loop still has of this call finds it finished.
  loop_.Post([self = std::move(self_)] {
    self->is_finished_ = true;
    if (const std::shared_ptr<Lane> lane = std::move(self->lane_)) lane->Drop(*self);
    self->open_calls_.Remove();
  });
}

}  // namespace muster::server
