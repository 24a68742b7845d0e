// InteractionStream: an EventStream over Interact, which takes input as well: messages out of a
// CallInput, one at a time, from the node's first event on. Thread-safe.
#pragma once

#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <memory>
#include <optional>

#include "client/call_input.h"
#include "client/connection.h"
#include "client/event_stream.h"
#include "common/mutex.h"

namespace muster {

class InteractionStream final
    : public EventStream,
      public CallInput::Carrier,
      public std::enable_shared_from_this<InteractionStream>,
      private grpc::ClientBidiReactor<v1::InteractRequest, v1::InteractEvent> {
 public:
  InteractionStream(std::shared_ptr<Connection> connection, std::shared_ptr<Events> events,
                    std::shared_ptr<CallInput> input)
      : connection_(std::move(connection)), events_(std::move(events)), input_(std::move(input)) {}

  void Start(const v1::ExecuteRequest& request, std::optional<std::chrono::milliseconds> guard,
             std::shared_ptr<EventStream> self) override;
  void ReadOn() override;
  void Break() override { context_.TryCancel(); }

  // CallInput::Carrier
  void Carry(v1::InteractRequest message) override MUSTER_EXCLUDES(mutex_);

 private:
  void OnReadDone(bool ok) override MUSTER_EXCLUDES(mutex_);
  void OnWriteDone(bool ok) override MUSTER_EXCLUDES(mutex_);
  void OnDone(const grpc::Status& status) override MUSTER_EXCLUDES(mutex_);

  const std::shared_ptr<Connection> connection_;
  std::shared_ptr<Events> events_;  // until OnDone
  const std::shared_ptr<CallInput> input_;
  std::shared_ptr<EventStream> self_;  // until OnDone
  grpc::ClientContext context_;
  v1::InteractEvent event_;
  v1::InteractRequest message_;  // the one being written

  Mutex mutex_;
  // The stream's hold for writes stands: gRPC is not done with it.
  bool can_write_ MUSTER_GUARDED_BY(mutex_) = true;
  bool is_starting_write_ MUSTER_GUARDED_BY(mutex_) = false;
  bool is_open_ MUSTER_GUARDED_BY(mutex_) = false;  // input flows
  bool is_first_written_ MUSTER_GUARDED_BY(mutex_) = false;
  bool is_first_read_ MUSTER_GUARDED_BY(mutex_) = false;
  // gRPC tells so of the last write also when the node read it and then ended the call: it is cut
  // off only if the call does not end as the node says.
  bool is_write_cut_ MUSTER_GUARDED_BY(mutex_) = false;
};

}  // namespace muster
