#include "client/lane_stream.h"

#include <grpcpp/generic/generic_stub.h>

#include <utility>

#include "common/tsan.h"

namespace muster {
namespace {

constexpr char kMethod[] = "/muster.v1.Node/ExecuteMany";
// Holds a message of some hundred outcomes.
constexpr std::size_t kFirstBlockBytes = 64u << 10;

}  // namespace

LaneStream::LaneStream(NodeLink::Lease lease, std::shared_ptr<Events> events)
    : lease_(std::move(lease)),
      events_(std::move(events)),
      first_block_(new char[kFirstBlockBytes]) {
  google::protobuf::ArenaOptions options;
  options.initial_block = first_block_.get();
  options.initial_block_size = kFirstBlockBytes;
  arena_ = std::make_unique<google::protobuf::Arena>(options);
}

void LaneStream::Start(const grpc::ByteBuffer& first, std::shared_ptr<LaneStream> self) {
  self_ = std::move(self);
  written_ = first;
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub(connection()->channel());
  stub.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
  AddHold();  // for writes; it goes when a read finds the end
  StartRead(&read_);
  StartWrite(&written_);
  TsanRelease(this);
  StartCall();
}

bool LaneStream::BeginWriting() {
  const MutexLock lock(mutex_);
  is_starting_write_ = can_write_;
  return can_write_;
}

void LaneStream::EndWriting() {
  bool removes_hold = false;
  {
    const MutexLock lock(mutex_);
    is_starting_write_ = false;
    removes_hold = !can_write_;
  }
  if (removes_hold) RemoveHold();
}

void LaneStream::Write(const grpc::ByteBuffer& message) {
  if (!BeginWriting()) return;
  written_ = message;
  TsanRelease(this);
  StartWrite(&written_);
  EndWriting();
}

void LaneStream::FinishWrites() {
  if (!BeginWriting()) return;
  StartWritesDone();
  EndWriting();
}

void LaneStream::OnReadDone(bool ok) {
  TsanAcquire(this);
  const bool is_read = ok && TakeMessage();
  if (ok && !is_read) Break();
  if (!is_read) {
    bool removes_hold = false;
    {
      const MutexLock lock(mutex_);
      removes_hold = std::exchange(can_write_, false) && !is_starting_write_;
    }
    if (removes_hold) RemoveHold();
    return;
  }
  TsanRelease(this);
  StartRead(&read_);
}

bool LaneStream::TakeMessage() {
  if (values_.Read(read_)) {
    read_.Clear();
    events_->OnValues(*this, values_);
    values_.Clear();
    return true;
  }
  auto* const message = google::protobuf::Arena::CreateMessage<v1::ExecuteManyEvent>(arena_.get());
  if (!grpc::SerializationTraits<v1::ExecuteManyEvent>::Deserialize(&read_, message).ok()) {
    return false;
  }
  events_->OnMessage(*this, *message);
  arena_->Reset();
  return true;
}

void LaneStream::OnWriteDone(bool ok) {
  TsanAcquire(this);
  if (ok) events_->OnWritten(*this);
}

void LaneStream::OnDone(const grpc::Status& status) {
  TsanAcquire(this);
  const std::shared_ptr<LaneStream> self = std::move(self_);
  const std::shared_ptr<Events> events = std::move(events_);
  events->OnEnd(*this, status);
}

}  // namespace muster
