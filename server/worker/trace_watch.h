// TraceWatch: after each execution, whether it left something in this process, or processes beside
// it, so that this worker must not serve another. Most of it is seen without a system call; what
// needs one is looked at when the execution took so long that it could have done it, or called what
// does it, and before the worker sleeps. The interpreter's thread.
#pragma once

#include <sys/resource.h>

#include <cstdint>

#include "server/worker/interpreter_traces.h"
#include "server/worker/process_traces.h"

namespace muster::server {

class TraceWatch {
 public:
  struct Found {
    bool processes = false;
    const char* why = nullptr;  // another trace, in words
    bool IsNothing() const { return !processes && why == nullptr; }
  };

  // `environment`: as in InterpreterTraces. False: an exception is set.
  bool Start(PyObject* environment);
  void NoteEnvironment() { interpreter_.NoteEnvironment(); }
  // After an execution that took so long.
  Found Look(std::int64_t took_ns);
  // Also at what needs system calls.
  Found LookClosely();

 private:
  bool HasProcesses(bool is_suspicious);

  InterpreterTraces interpreter_;
  ProcessTraces process_;
  rusage children_{};
  unsigned since_close_look_ = 0;
};

}  // namespace muster::server
