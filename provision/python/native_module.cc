// muster._provision: what the Python files of the package need of provision/. Not for users.
#include <pybind11/pybind11.h>

#include "provision/python/native_call.h"
#include "provision/python/native_lifecycle.h"
#include "provision/python/status_error.h"

PYBIND11_MODULE(_provision, module) {
  using namespace muster::python_module;
  DefineStatusError(module);
  DefineProvider(module);
  DefineSetup(module);
  DefineRepository(module);
  DefineCluster(module);
  DefineCall(module);
}
