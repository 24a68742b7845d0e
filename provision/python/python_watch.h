// How a long operation is watched from Python. `watcher` has step(node, state, text), called from
// any thread, and interrupts(), called ten times a second by the thread that called: how often the
// user asked to end it, as a text. Keeps the watcher alive; may be let go on any thread.
#pragma once

#include <pybind11/pybind11.h>

#include "provision/cluster.h"

namespace muster::python_module {

// Needs the GIL; what it returns takes it by itself.
provision::Watch MakeWatch(pybind11::object watcher);

}  // namespace muster::python_module
