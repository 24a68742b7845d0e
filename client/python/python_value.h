// Values of nodes as objects of Python. Needs the GIL.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

namespace muster::python_module {

// Of data: the object that it stands for, made anew; nothing is run for it but numpy's own code,
// for an array, whose memory is the value's (read-only). Of text: a str.
pybind11::object ToObject(const Value& value);

}  // namespace muster::python_module
