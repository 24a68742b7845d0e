// EventQueue: the events of one call between an execution and gRPC. Keeps at most one write
// outstanding and 256 KiB of events waiting; then the execution pauses. It decides when the call
// ends, and with which status; how events are written is its reactor's business. The sink's methods
// come on the event loop's thread, the reactor's on gRPC's: the lock is between them.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>

#include "common/mutex.h"
#include "muster/v1/node.pb.h"
#include "server/execution/event_loop.h"
#include "server/execution/execution_control.h"
#include "server/execution/execution_sink.h"

namespace muster::server {

class EventQueue : public ExecutionSink {
 public:
  // The reactor of the call. Never called under the lock: gRPC may run the reaction in there.
  class Writer {
   public:
    virtual ~Writer() = default;
    // OnWritten follows, unless it is the last: then the call ends with it, OK.
    virtual void WriteEvent(v1::ExecuteEvent& event, bool last) = 0;
    virtual void FinishCall(const grpc::Status& status) = 0;
    // Of the next piece of input, for a call that has input.
    virtual void ReadOn() {}
  };

  EventQueue(EventLoop& loop, Writer& writer) : loop_(loop), writer_(writer) {}

  // The events before the execution's own: started.
  void Write(v1::ExecuteEvent event) MUSTER_EXCLUDES(mutex_);
  // Nothing will run: ends the call with this status.
  void Reject(const grpc::Status& status) MUSTER_EXCLUDES(mutex_) { Abandon(status); }
  // What is stopped when the client goes. On the loop's thread, once.
  void Attach(const std::shared_ptr<ExecutionControl>& execution) MUSTER_EXCLUDES(mutex_);
  // Null before Attach and after the outcome.
  std::shared_ptr<ExecutionControl> execution() MUSTER_EXCLUDES(mutex_);

  // ExecutionSink
  bool OnOutput(OutputStream stream, std::string data) override MUSTER_EXCLUDES(mutex_);
  void OnInputTaken() override { writer_.ReadOn(); }
  void OnWaiting() override MUSTER_EXCLUDES(mutex_);
  void OnOutcome(Outcome outcome) override MUSTER_EXCLUDES(mutex_);

  // From the reactor.
  void OnWritten(bool ok) MUSTER_EXCLUDES(mutex_);
  // The client is gone, or broke the contract: stops the execution, throws away what waits, and
  // ends the call as soon as no write is under way.
  void Abandon(const grpc::Status& status) MUSTER_EXCLUDES(mutex_);
  // gRPC is done with the call.
  void Close() MUSTER_EXCLUDES(mutex_);

 private:
  struct Waiting {
    v1::ExecuteEvent event;
    std::size_t bytes = 0;
    bool last = false;
  };

  // False: enough is waiting.
  bool Push(Waiting waiting) MUSTER_EXCLUDES(mutex_);

  EventLoop& loop_;
  Writer& writer_;
  Mutex mutex_;
  std::deque<Waiting> waiting_ MUSTER_GUARDED_BY(mutex_);  // the front one is being written
  std::size_t waiting_bytes_ MUSTER_GUARDED_BY(mutex_) = 0;
  bool writing_ MUSTER_GUARDED_BY(mutex_) = false;
  bool full_ MUSTER_GUARDED_BY(mutex_) = false;
  bool gone_ MUSTER_GUARDED_BY(mutex_) = false;  // the client is
  grpc::Status end_ MUSTER_GUARDED_BY(mutex_);   // with gone_
  // The call's end is on its way: FinishCall, or the last write.
  bool finished_ MUSTER_GUARDED_BY(mutex_) = false;
  bool ended_ MUSTER_GUARDED_BY(mutex_) = false;  // the outcome is here, or the call is gone
  std::shared_ptr<ExecutionControl> execution_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster::server
