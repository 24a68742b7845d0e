// What a Python caller asks for, as the library takes it. Needs the GIL.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

#include <string>

namespace muster::python_module {

// Of a dict of names; None stands for a name that is not there. Throws TypeError for a name that is
// none, with those that are, and TypeError or ValueError for a value of the wrong type or range,
// with what it was and what it may be.
ExecuteOptions ToOptions(const pybind11::dict& given);

// Of files, the same.
TransferOptions ToTransferOptions(const pybind11::dict& given);

// `kind`: "python", "shell" or "argv"; `form`: "repr", "str" or "data", of Python.
Command ToCommand(const std::string& kind, const pybind11::object& source, const std::string& form);

// A number from 1, or a text. Throws TypeError for anything else.
Target ToTarget(const pybind11::object& target);

}  // namespace muster::python_module
