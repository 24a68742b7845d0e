// EncodeValue: a Python object as data (docs/values.md).
#pragma once

#include <Python.h>

#include "server/worker/value_sink.h"

namespace muster::server {

// Writes the value, when it is one that crosses as data; else false, with nothing written. Looks at
// all of it first, then writes: no user code runs meanwhile, but for what the sink lets run, and
// what that changes comes too late. Long strings, bytes and arrays are written from where they lie.
// Leaves no exception of Python; throws only what the sink throws. For the thread that has Python's
// lock.
bool EncodeValue(PyObject* value, ValueSink& sink);

}  // namespace muster::server
