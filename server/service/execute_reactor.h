// ExecuteReactor: one Execute call: gRPC on one side, an execution on the other. Keeps at most one
// write outstanding and 256 KiB of events waiting; then the execution pauses. Its own owner until
// gRPC's OnDone. The sink's methods come on the event loop's thread, gRPC's on gRPC's: the lock is
// between them.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>

#include "common/mutex.h"
#include "muster/v1/node.grpc.pb.h"
#include "server/execution/execution.h"
#include "server/execution/execution_sink.h"
#include "server/service/open_calls.h"

namespace muster::server {

class ExecuteReactor : public grpc::ServerWriteReactor<v1::ExecuteEvent>,
                       public ExecutionSink,
                       public std::enable_shared_from_this<ExecuteReactor> {
 public:
  static std::shared_ptr<ExecuteReactor> Make(EventLoop& loop, OpenCalls& open_calls);

  // The events before the execution's own: started.
  void Write(v1::ExecuteEvent event) MUSTER_EXCLUDES(mutex_);
  // Nothing will run: ends the call with this status.
  void Reject(grpc::Status status) MUSTER_EXCLUDES(mutex_);
  // What is stopped when the client goes. On the loop's thread, once.
  void Attach(const std::shared_ptr<Execution>& execution) MUSTER_EXCLUDES(mutex_);

  // ExecutionSink
  bool OnOutput(OutputStream stream, std::string data) override MUSTER_EXCLUDES(mutex_);
  void OnOutcome(Outcome outcome) override MUSTER_EXCLUDES(mutex_);

  // grpc::ServerWriteReactor
  void OnWriteDone(bool ok) override MUSTER_EXCLUDES(mutex_);
  void OnCancel() override MUSTER_EXCLUDES(mutex_);
  void OnDone() override;

 private:
  struct Waiting {
    v1::ExecuteEvent event;
    std::size_t bytes = 0;
    bool last = false;
  };

  ExecuteReactor(EventLoop& loop, OpenCalls& open_calls) : loop_(loop), open_calls_(open_calls) {}
  // False: enough is waiting.
  bool Push(Waiting waiting) MUSTER_EXCLUDES(mutex_);
  void StartNext(Waiting* next);
  void Abandon() MUSTER_EXCLUDES(mutex_);

  EventLoop& loop_;
  OpenCalls& open_calls_;
  std::shared_ptr<ExecuteReactor> self_;  // until OnDone

  Mutex mutex_;
  std::deque<Waiting> waiting_ MUSTER_GUARDED_BY(mutex_);  // the front one is being written
  std::size_t waiting_bytes_ MUSTER_GUARDED_BY(mutex_) = 0;
  bool writing_ MUSTER_GUARDED_BY(mutex_) = false;
  bool full_ MUSTER_GUARDED_BY(mutex_) = false;
  bool gone_ MUSTER_GUARDED_BY(mutex_) = false;  // the client is
  bool finished_ MUSTER_GUARDED_BY(mutex_) =
      false;  // Finish was called, or goes with the last write
  std::shared_ptr<Execution> execution_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster::server
