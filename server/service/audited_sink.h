// AuditedSink: a sink that writes the outcome into the audit log on its way. Event loop's thread.
#pragma once

#include <memory>

#include "server/execution/execution_sink.h"
#include "server/service/audit_log.h"

namespace muster::server {

class AuditedSink : public ExecutionSink {
 public:
  AuditedSink(AuditLog& audit, ExecutionRequest request, std::shared_ptr<ExecutionSink> sink)
      : audit_(audit), request_(std::move(request)), sink_(std::move(sink)) {}

  bool OnOutput(OutputStream stream, std::string data) override {
    return sink_->OnOutput(stream, std::move(data));
  }
  void OnInputTaken() override { sink_->OnInputTaken(); }
  void OnWaiting() override { sink_->OnWaiting(); }
  void OnOutcome(Outcome outcome) override;

 private:
  AuditLog& audit_;
  const ExecutionRequest request_;  // without what is large
  const std::shared_ptr<ExecutionSink> sink_;
};

}  // namespace muster::server
