// Runs a piece of C++ without the GIL. Not pybind11's gil_scoped_release: when the interpreter ends
// while a daemon thread is inside, CPython ends that thread by unwinding its stack from where it
// asks for the GIL, and unwinding out of a destructor aborts the whole process.
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

}  // namespace muster::python_module
