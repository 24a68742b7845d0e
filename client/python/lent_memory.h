// Memory of Python's objects that the library reads where it is. The library lets it go on threads
// that must not wait for the GIL: it is given back to Python by the next thread that has it.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

namespace muster::python_module {

// Of objects with a contiguous buffer each, in their order. They cannot be resized until they are
// let go, and should not be written to. Throws BufferError. Needs the GIL.
InputPieces Lend(const pybind11::list& objects);

// Gives back what was let go. Needs the GIL.
void TakeBack();

}  // namespace muster::python_module
