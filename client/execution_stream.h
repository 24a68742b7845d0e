// ExecutionStream: an EventStream over Execute. Thread-safe.
#pragma once

#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <memory>
#include <optional>

#include "client/connection.h"
#include "client/event_stream.h"

namespace muster {

class ExecutionStream final : public EventStream,
                              private grpc::ClientReadReactor<v1::ExecuteEvent> {
 public:
  ExecutionStream(std::shared_ptr<Connection> connection, std::shared_ptr<Events> events)
      : connection_(std::move(connection)), events_(std::move(events)) {}

  void Start(const v1::ExecuteRequest& request, std::optional<std::chrono::milliseconds> guard,
             std::shared_ptr<EventStream> self) override;
  void ReadOn() override;
  void Break() override { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  const std::shared_ptr<Connection> connection_;
  std::shared_ptr<Events> events_;     // until OnDone
  std::shared_ptr<EventStream> self_;  // until OnDone
  grpc::ClientContext context_;
  v1::ExecuteEvent event_;
};

}  // namespace muster
