// ExecutionSink: who hears of an execution. All calls come on the event loop's thread, OnOutcome
// exactly once and last.
#pragma once

#include <string>

#include "server/execution/outcome.h"

namespace muster::server {

enum class OutputStream { kStdout, kStderr, kValue };

class ExecutionSink {
 public:
  virtual ~ExecutionSink() = default;
  // At most 64 KiB. False: no more before Execution::Resume; what was given is kept.
  virtual bool OnOutput(OutputStream stream, std::string data) = 0;
  // What ExecutionControl::Write was given is in the pipe, or nobody is interested in it.
  virtual void OnInputTaken() {}
  // It waits for input (ExecutionRequest::tells_waiting).
  virtual void OnWaiting() {}
  virtual void OnOutcome(Outcome outcome) = 0;
};

}  // namespace muster::server
