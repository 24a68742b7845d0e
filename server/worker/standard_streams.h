// StandardStreams: what a cell printed, from Python's and C's buffers into the pipes 1 and 2, and
// whether there is something in these. The interpreter's thread.
#pragma once

#include <Python.h>

namespace muster::server {

class StandardStreams {
 public:
  // Takes sys.stdout and sys.stderr as they are now for the worker's own. False: an exception is
  // set.
  bool Start();
  // Flushes those, what the code put in their place, and C's. What fails is dropped: they are the
  // user's. False: the worker's own are closed.
  bool Flush();
  // There is something in the pipes, or they are no longer those.
  static bool HasOutput();

 private:
  PyObject* out_ = nullptr;
  PyObject* err_ = nullptr;
  PyObject* flush_ = nullptr;  // "flush"
};

}  // namespace muster::server
