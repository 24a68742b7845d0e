// PythonWatch: how a long operation is watched from Python. Lives on the thread that called; what
// it hands out may be called by others. Needs the GIL, but where it says so.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "provision/cluster.h"
#include "provision/python/foreign_object.h"

namespace muster::python_module {

class PythonWatch {
 public:
  // `watcher` has step(node, state, text), called from any thread, and tick(), called by this one
  // ten times a second.
  explicit PythonWatch(pybind11::object watcher);
  ~PythonWatch();
  PythonWatch(const PythonWatch&) = delete;
  PythonWatch& operator=(const PythonWatch&) = delete;

  // Good as long as this is. Its functions take the GIL themselves.
  provision::Watch watch();
  // Raises what a signal's handler raised meanwhile (KeyboardInterrupt), if one did.
  void RaiseWhatCame();

 private:
  int Interrupts();

  const std::shared_ptr<ForeignObject> watcher_;
  PyObject* raised_ = nullptr;  // the first one
  int interrupts_ = 0;
};

}  // namespace muster::python_module
