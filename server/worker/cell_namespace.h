// CellNamespace: the module __main__ in which cells run. A fresh one holds what runner.py gives it
// and nothing else; what a cell put there goes at its end. Where something else still holds it
// then, the next cell gets another module. The interpreter's thread.
#pragma once

#include <Python.h>

#include <cstdint>

namespace muster::server {

class CellNamespace {
 public:
  // Fails as Python does.
  bool Start();
  // The globals of the next cell: fresh ones, or those that are kept. Borrowed; null: an exception
  // is set.
  PyObject* Begin(bool keeps);
  // Lets go of what the cell left, unless it is kept. What goes may run the user's code.
  void End();

 private:
  struct Module {
    PyObject* module = nullptr;
    PyObject* globals = nullptr;  // borrowed of the module
  };

  bool Make(Module& made) const;
  bool Fill(PyObject* globals) const;
  bool IsShared() const;

  PyObject* modules_ = nullptr;  // sys.modules; borrowed for good
  PyObject* builtins_ = nullptr;
  PyObject* main_ = nullptr;  // "__main__"
  Module fresh_;
  Module kept_;
  std::uint64_t version_ = 0;  // of the fresh globals, as they were filled
  bool keeps_ = false;
};

}  // namespace muster::server
