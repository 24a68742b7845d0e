// Runs a piece of C++ without the GIL, or a piece of Python with it. Not pybind11's
// gil_scoped_release and gil_scoped_acquire: when the interpreter ends while a daemon thread is
// inside, CPython ends that thread by unwinding its stack from where it asks for the GIL, and
// unwinding out of a destructor aborts the whole process.
#pragma once

#include <Python.h>
#include <unistd.h>

namespace muster::python_module {

// The caller has the GIL when this returns. Does not return when the interpreter is ending.
inline void TakeGil(PyThreadState* state) {
  try {
    ::PyEval_RestoreThread(state);
  } catch (...) {        // CPython throws nothing else; an unwinding has no object to name
    for (;;) ::pause();  // as CPython itself does from 3.14 on
  }
}

// `work` must not touch Python objects, nor throw.
template <typename Work>
auto WithoutGil(const Work& work) {
  PyThreadState* const state = ::PyEval_SaveThread();
  auto result = work();
  TakeGil(state);
  return result;
}

// For a thread of the library's that calls Python; and for one that may have the GIL already. Does
// not return when the interpreter is ending. `work` must not throw.
template <typename Work>
auto WithGil(const Work& work) {
  PyGILState_STATE state;
  try {
    state = ::PyGILState_Ensure();
  } catch (...) {
    for (;;) ::pause();
  }
  auto result = work();
  ::PyGILState_Release(state);
  return result;
}

}  // namespace muster::python_module
