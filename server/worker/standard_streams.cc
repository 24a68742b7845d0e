#include "server/worker/standard_streams.h"

#include <stdio.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace muster::server {
namespace {

// So often an interrupt may come between; the end of the output is not for the next execution.
constexpr int kMostTries = 8;

bool FlushOne(PyObject* stream, PyObject* name) {
  for (int tries = 1;; ++tries) {
    PyObject* result = PyObject_CallMethodNoArgs(stream, name);
    if (result != nullptr) {
      Py_DECREF(result);
      return true;
    }
    const bool is_closed = PyErr_ExceptionMatches(PyExc_ValueError) != 0;
    const bool is_interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0;
    PyErr_Clear();
    if (!is_interrupted || tries == kMostTries) return !is_closed;
  }
}

void FlushOther(const char* name, PyObject* own, PyObject* flush) {
  PyObject* stream = PySys_GetObject(name);
  if (stream == own || stream == nullptr || stream == Py_None) return;
  Py_INCREF(stream);
  FlushOne(stream, flush);
  Py_DECREF(stream);
}

bool HasUnread(int pipe) {
  int size = 0;
  return ::ioctl(pipe, FIONREAD, &size) != 0 || size != 0;
}

}  // namespace

bool StandardStreams::Start() {
  out_ = Py_XNewRef(PySys_GetObject("stdout"));
  err_ = Py_XNewRef(PySys_GetObject("stderr"));
  flush_ = PyUnicode_InternFromString("flush");
  return out_ != nullptr && err_ != nullptr && flush_ != nullptr;
}

bool StandardStreams::Flush() {
  FlushOther("stdout", out_, flush_);
  FlushOther("stderr", err_, flush_);
  const bool is_out_open = FlushOne(out_, flush_);
  const bool is_err_open = FlushOne(err_, flush_);
  if (__fpending(stdout) != 0) ::fflush(stdout);
  if (__fpending(stderr) != 0) ::fflush(stderr);
  return is_out_open && is_err_open;
}

bool StandardStreams::HasOutput() { return HasUnread(STDOUT_FILENO) || HasUnread(STDERR_FILENO); }

}  // namespace muster::server
