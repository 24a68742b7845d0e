// RemoteError: the exception for every outcome but ok. Needs the GIL.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

namespace muster::python_module {

// Adds the class to the module.
void DefineRemoteError(pybind11::module_& module);

// Raises it for the outcome.
[[noreturn]] void RaiseRemoteError(const pybind11::module_& module, const Outcome& outcome);

// Text as Python has it: UTF-8, lone surrogates passed through.
pybind11::str ToStr(const std::string& text);

}  // namespace muster::python_module
