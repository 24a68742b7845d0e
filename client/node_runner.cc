#include "client/node_runner.h"

#include "client/execution.h"
#include "client/fast_call.h"

namespace muster {

void NodeRunner::Begin(const std::shared_ptr<Call::State>& call, const Command& command,
                       const ExecuteOptions& options, const wire::Place& place) const {
  if (!call->input() && FastCall::Fits(command, options) && lane_->IsSupported()) {
    const auto fast = std::make_shared<FastCall>(
        call, lane_,
        LaneRequest{command.source, command.form, options.deadline, options.grace, place});
    call->SetControl(fast);
    fast->Begin();
    return;
  }
  const auto execution = std::make_shared<Execution>(
      call, link_, wire::ToRequest(command, options, wire_name_, place));
  call->SetControl(execution);
  execution->Begin();
}

}  // namespace muster
