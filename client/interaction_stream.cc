#include "client/interaction_stream.h"

#include <utility>

#include "common/tsan.h"

namespace muster {

void InteractionStream::Start(const v1::ExecuteRequest& request,
                              std::optional<std::chrono::milliseconds> guard,
                              std::shared_ptr<EventStream> self) {
  self_ = std::move(self);
  if (guard) context_.set_deadline(std::chrono::system_clock::now() + *guard);
  *message_.mutable_start() = request;
  if (input_->terminal()) *message_.mutable_terminal() = *input_->terminal();
  if (request.has_files()) {
    connection_->stub().async()->Transfer(&context_, this);
  } else {
    connection_->stub().async()->Interact(&context_, this);
  }
  // One hold is for reads that begin outside a reaction (ReadOn): it goes when a read finds the
  // end. The other is for writes, which all begin outside: it goes then too, but for a write that
  // is being started.
  AddMultipleHolds(2);
  StartRead(&event_);
  StartWrite(&message_);
  TsanRelease(this);
  StartCall();
}

void InteractionStream::ReadOn() {
  TsanRelease(this);
  StartRead(&event_);
}

void InteractionStream::OnReadDone(bool ok) {
  TsanAcquire(this);
  bool removes_write_hold = false;
  bool opens = false;
  {
    const MutexLock lock(mutex_);
    if (!ok) {
      removes_write_hold = std::exchange(can_write_, false) && !is_starting_write_;
    } else {
      is_first_read_ = true;
      opens = is_first_written_ && !std::exchange(is_open_, true);
    }
  }
  if (!ok) {
    TsanRelease(this);
    if (removes_write_hold) RemoveHold();
    RemoveHold();
    return;
  }
  // Not before the node has accepted the execution: what it refuses may be sent a second time, and
  // then the input has to be there still.
  if (opens) input_->Open(shared_from_this());
  // After a "no" another thread may be reading into event_ already: it is not touched again.
  if (events_->OnEvent(*event_.mutable_event())) ReadOn();
}

void InteractionStream::Carry(v1::InteractRequest message) {
  {
    const MutexLock lock(mutex_);
    if (!can_write_) return;  // OnEnd tells the input that it is over
    is_starting_write_ = true;
  }
  message_ = std::move(message);
  TsanRelease(this);
  StartWrite(&message_);
  bool removes_hold = false;
  {
    const MutexLock lock(mutex_);
    is_starting_write_ = false;
    removes_hold = !can_write_;
  }
  if (removes_hold) RemoveHold();
}

void InteractionStream::OnWriteDone(bool ok) {
  TsanAcquire(this);
  bool opens = false;
  bool was_first = false;
  {
    const MutexLock lock(mutex_);
    was_first = !std::exchange(is_first_written_, true);
    opens = was_first && ok && is_first_read_ && !std::exchange(is_open_, true);
    is_write_cut_ = !was_first && !ok;
  }
  if (opens) input_->Open(shared_from_this());
  if (!was_first && ok) input_->OnCarried();
}

void InteractionStream::OnDone(const grpc::Status& status) {
  TsanAcquire(this);
  bool is_carried = false;
  {
    const MutexLock lock(mutex_);
    is_carried = is_write_cut_ && status.ok();
  }
  if (is_carried) input_->OnCarried();
  const std::shared_ptr<EventStream> self = std::move(self_);
  const std::shared_ptr<Events> events = std::move(events_);
  events->OnEnd(status);
}

}  // namespace muster
