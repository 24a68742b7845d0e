// DecodeValue: data (docs/values.md) as a Python object.
#pragma once

#include <Python.h>

#include <string_view>

namespace muster::server {

// A new reference; null with a ValueError that says at which byte it is not a value, a MemoryError,
// or, for an array, what importing numpy raised. No length is believed before as much is there. For
// the thread that has Python's lock.
PyObject* DecodeValue(std::string_view data);

}  // namespace muster::server
