#include "server/service/audited_sink.h"

#include <spdlog/spdlog.h>

namespace muster::server {

void AuditedSink::OnOutcome(Outcome outcome) {
  if (const absl::Status status = audit_.End(request_, outcome); !status.ok()) {
    // What ran has run; nothing new starts while this lasts.
    spdlog::error("the end of an execution of {} is not recorded: {}", request_.identity->name,
                  std::string(status.message()));
  }
  sink_->OnOutcome(std::move(outcome));
}

}  // namespace muster::server
