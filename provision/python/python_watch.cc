#include "provision/python/python_watch.h"

#include <utility>

#include "common/python/gil.h"

namespace py = pybind11;

namespace muster::python_module {

PythonWatch::PythonWatch(py::object watcher)
    : watcher_(std::make_shared<ForeignObject>(std::move(watcher))) {}

PythonWatch::~PythonWatch() { Py_XDECREF(raised_); }

provision::Watch PythonWatch::watch() {
  provision::Watch made;
  made.on_step = [watcher = watcher_](const provision::NodeStep& step) {
    watcher->Call("step", {step.node, NameOf(step.state), step.text}).IgnoreError();
  };
  made.interrupts = [this] { return Interrupts(); };
  return made;
}

int PythonWatch::Interrupts() {
  return WithGil([this] {
    // Handlers of signals run on the main thread only; on another one this does nothing.
    if (::PyErr_CheckSignals() != 0) {
      ++interrupts_;
      PyObject* type = nullptr;
      PyObject* value = nullptr;
      PyObject* trace = nullptr;
      ::PyErr_Fetch(&type, &value, &trace);
      ::PyErr_NormalizeException(&type, &value, &trace);
      if (raised_ == nullptr) std::swap(raised_, value);
      Py_XDECREF(type);
      Py_XDECREF(value);
      Py_XDECREF(trace);
    }
    watcher_->Call("tick", {}).IgnoreError();
    return interrupts_;
  });
}

void PythonWatch::RaiseWhatCame() {
  if (raised_ == nullptr) return;
  ::PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised_)), raised_);
  throw py::error_already_set();
}

}  // namespace muster::python_module
