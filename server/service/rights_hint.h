// RightsHint: a sink that says, when a command failed that asked for rights which its caller is not
// granted, which setting would grant them. Event loop's thread.
#pragma once

#include <memory>
#include <string>

#include "server/execution/execution_request.h"
#include "server/execution/execution_sink.h"

namespace muster::server {

class RightsHint : public ExecutionSink {
 public:
  // `sink` itself, when there is nothing to say of the request.
  static std::shared_ptr<ExecutionSink> Wrap(const ExecutionRequest& request,
                                             std::shared_ptr<ExecutionSink> sink);

  RightsHint(std::string hint, std::shared_ptr<ExecutionSink> sink)
      : hint_(std::move(hint)), sink_(std::move(sink)) {}

  bool OnOutput(OutputStream stream, std::string data) override {
    return sink_->OnOutput(stream, std::move(data));
  }
  void OnInputTaken() override { sink_->OnInputTaken(); }
  void OnWaiting() override { sink_->OnWaiting(); }
  void OnOutcome(Outcome outcome) override;

 private:
  const std::string hint_;
  const std::shared_ptr<ExecutionSink> sink_;
};

}  // namespace muster::server
