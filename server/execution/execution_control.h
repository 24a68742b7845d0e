// ExecutionControl: what a caller may do to what it started, whatever runs it. Event loop's thread.
// After the outcome every method does nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "server/execution/pty.h"
#include "server/spawner/supervisor_message.h"

namespace muster::server {

class ExecutionControl {
 public:
  virtual ~ExecutionControl() = default;
  // Asks for the end; the first cause is the verdict. `who` stands in the outcome: "by the caller".
  virtual void Stop(StopCause cause, std::optional<std::chrono::milliseconds> grace,
                    std::string who) = 0;
  // The sink takes output again.
  virtual void Resume() = 0;

  // For its standard input. One at a time: the next after ExecutionSink::OnInputTaken.
  virtual void Write(std::string data) = 0;
  virtual void EndInput() = 0;
  virtual void Resize(const WindowSize& size) = 0;
  // To the foreground process group; without a terminal, to the group of the main process.
  virtual void Signal(int signal) = 0;
};

}  // namespace muster::server
