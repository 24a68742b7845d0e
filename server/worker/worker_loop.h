// WorkerLoop: a warm worker's life: one execution after the other, until the daemon is gone or
// something was left in this process that the next must not meet. An object of the one interpreter,
// in a process of its own; never destroyed.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string>

#include "server/worker/cell_namespace.h"
#include "server/worker/compile_cache.h"
#include "server/worker/execution_clock.h"
#include "server/worker/execution_variables.h"
#include "server/worker/session_processes.h"
#include "server/worker/standard_streams.h"
#include "server/worker/trace_watch.h"
#include "server/worker/worker_link.h"

namespace muster::server {

class WorkerLoop {
 public:
  // `runner`: the names of runner.py. Gets the channel at kValueFd; throws what Python raises.
  explicit WorkerLoop(PyObject* runner);

  [[noreturn]] void Run();

 private:
  class PieceSink;

  void Execute();
  // The cell; its value as text in text_. False: an exception is set.
  bool RunCell();
  PyObject* Evaluate();
  bool SendValue(PyObject* value);
  // False: it has no encoding.
  bool SendData(PyObject* value);
  bool SendText(PyObject* text);
  // The end of a value; `value_bytes`: of all of it.
  bool SendPieces(std::string_view bytes, std::size_t value_bytes);
  bool SendPiece(std::string_view bytes, std::size_t value_bytes);
  void ReportException();
  void DescribeTo(PyObject* error);
  void SendException(std::string_view payload);
  void Finish();
  void GoIdle();
  [[noreturn]] void Retire(const char* why);
  // In a process that the code forked and that came back here: ends it.
  void EndIfChild(PyObject* error);
  PyObject* Call(const char* name, PyObject* argument, PyObject* second = nullptr) const;

  PyObject* const runner_;
  WorkerLink link_;
  CompileCache cache_;
  CellNamespace namespace_;
  ExecutionVariables variables_;
  StandardStreams streams_;
  TraceWatch watch_;
  SessionProcesses processes_;
  ExecutionClock clock_;
  // One byte that is zero in every fork of this process.
  const volatile char* is_worker_ = nullptr;
  PyObject* send_exception_ = nullptr;
  // A session's: what its cells leave is the session's own.
  bool is_kept_ = false;

  // Of the execution that runs:
  WorkerRequest request_;
  std::string source_;
  WorkerResult result_;
  std::string text_;  // the last piece of its value
  std::uint32_t reads_at_begin_ = 0;
};

}  // namespace muster::server
