// ExceptionReport: runner.py's words on an exception as the payload of FrameType::kException, which
// a process of one execution and a warm worker send alike. Stateless.
#pragma once

#include <Python.h>

#include <functional>
#include <string>

namespace muster::server {

// A function for runner.py's `describe` that encodes what it is given and hands it to `send`, which
// may fail with a Python exception set (false). A new reference; null: an exception is set.
PyObject* MakeExceptionSender(std::function<bool(const std::string& payload)> send);

}  // namespace muster::server
