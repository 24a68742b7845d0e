// InteractReactor: one Interact call, as gRPC wants it. The first message is handed to whoever made
// it; every later one is read only when the execution took the one before, so that a program that
// does not read its input holds up its client and nobody else. Its own owner until gRPC's OnDone.
#pragma once

#include <functional>
#include <memory>

#include "common/mutex.h"
#include "muster/v1/node.grpc.pb.h"
#include "server/service/event_queue.h"
#include "server/service/open_calls.h"

namespace muster::server {

class InteractReactor : public grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>,
                        private EventQueue::Writer {
 public:
  // Starts what the first message asks for, or rejects it.
  using Begin =
      std::function<void(const std::shared_ptr<EventQueue>& queue, const v1::InteractRequest&)>;

  static std::shared_ptr<InteractReactor> Make(EventLoop& loop, OpenCalls& open_calls, Begin begin);

 private:
  InteractReactor(EventLoop& loop, OpenCalls& open_calls, Begin begin)
      : loop_(loop), open_calls_(open_calls), begin_(std::move(begin)), queue_(loop, *this) {}

  // The message has been read; on the loop's thread.
  void Handle();
  // True: more may be read.
  bool Obey(ExecutionControl& execution);
  // Ends the call now, or as soon as no read is being started: gRPC may be done with the call then.
  void End(std::function<void()> end) MUSTER_EXCLUDES(mutex_);

  // EventQueue::Writer
  void WriteEvent(v1::ExecuteEvent& event, bool last) override;
  void FinishCall(const grpc::Status& status) override;
  void ReadOn() override MUSTER_EXCLUDES(mutex_);

  // grpc::ServerBidiReactor
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  EventLoop& loop_;
  OpenCalls& open_calls_;
  Begin begin_;  // until the first message
  EventQueue queue_;
  v1::InteractRequest request_;            // gRPC's while a read is under way, else the loop's
  v1::InteractEvent event_;                // the one being written
  std::shared_ptr<InteractReactor> self_;  // until OnDone

  Mutex mutex_;
  bool is_starting_read_ MUSTER_GUARDED_BY(mutex_) = false;
  bool has_ended_ MUSTER_GUARDED_BY(mutex_) = false;
  std::function<void()> end_ MUSTER_GUARDED_BY(mutex_);  // waits for the start of a read
};

}  // namespace muster::server
