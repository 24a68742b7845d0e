// ExecutionVariables: MUSTER_EXECUTION, MUSTER_SIZE and MUSTER_RANK, as a cell finds them in
// os.environ and a C library in its environment. Rewritten where they lie: they change with every
// execution. The interpreter's thread.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string_view>

#include "server/spawner/worker_message.h"

namespace muster::server {

class ExecutionVariables {
 public:
  // `environment`: the dict of bytes behind os.environ; borrowed for good. False: an exception is
  // set.
  bool Start(PyObject* environment);
  // Those of this request. `all`: also what seems to be right already, as a cell wrote there.
  bool Set(const WorkerRequest& request, bool all);

 private:
  struct Variable {
    PyObject* name = nullptr;   // bytes
    PyObject* value = nullptr;  // as os.environ has it; a reference of our own is not held
    char* text = nullptr;       // NAME=VALUE, the C library's
    std::size_t name_size = 0;  // with the equals sign
  };

  bool StartOne(Variable& variable, const char* name);
  bool SetOne(Variable& variable, std::string_view value, bool all);

  PyObject* environment_ = nullptr;
  Variable execution_;
  Variable size_;
  Variable rank_;
  WorkerRequest last_;
  bool has_last_ = false;
};

}  // namespace muster::server
